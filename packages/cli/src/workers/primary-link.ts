import type { Socket } from 'node:net'
import { Peers } from '@agentproxy/gateway'
import { ENDING_SIGNALS } from '../app/ending-signals.ts'
import { CliError } from '../errors.ts'
import { PROTOCOL } from './worker-message.ts'
import type { FromWorker, ToWorker } from './worker-message.ts'

type Beginning = Extract<ToWorker, { kind: 'begin' }>

/** Why a worker ends: it is told to, or the primary is gone. */
export type WorkerEnd = 'stop' | 'handOver' | 'orphaned'

/** A worker's connection to its primary. */
export interface PrimaryLink {
  /** This worker's number; no other that this primary starts has the same. */
  readonly id: number
  readonly peers: Peers
  /** Settles when the primary says what to begin with. */
  readonly begin: Promise<Beginning>
  readonly ended: Promise<WorkerEnd>
  /** Settles when all workers have finished, or the primary is gone. */
  readonly released: Promise<void>
  onLead(lead: () => void): void
  /** Told of each connection that is this worker's to serve. */
  onConnection(serve: (socket: Socket) => void): void
  send(message: FromWorker): void
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {})
}

/** Connects a worker to the primary that started it. Throws `USAGE` where nobody did. */
export function connectToPrimary(id: number): PrimaryLink {
  if (process.send === undefined)
    throw new CliError('USAGE', '--worker is for the processes that agentproxy serve starts itself', {
      hint: 'Did you mean --workers?',
    })
  // Ctrl-C and service managers tell the whole group of processes; the primary says what is to be done.
  for (const signal of ENDING_SIGNALS) process.on(signal, () => {})
  const peers = new Peers(id, (message) => send({ kind: 'peer', message }))
  let [lead, serve] = [(): void => {}, (socket: Socket): void => void socket.destroy()]
  let began: (beginning: Beginning) => void
  const begin = new Promise<Beginning>((resolve) => (began = resolve))
  const released = new Promise<void>((resolve) => {
    process.once('disconnect', () => resolve())
    process.on('message', ({ kind }: ToWorker) => {
      if (kind === 'end') resolve()
    })
  })
  const ended = new Promise<WorkerEnd>((resolve) => {
    process.once('disconnect', () => resolve('orphaned'))
    process.on('message', (message: ToWorker, socket?: Socket) => {
      if (message.kind === 'connection') {
        // It may have been closed on its way.
        if (socket !== undefined) serve(socket)
      } else if (message.kind === 'peer') peers.receive(message.message)
      else if (message.kind === 'begin') began(message)
      else if (message.kind === 'lead') lead()
      else if (message.kind === 'stop') resolve(message.handOver ? 'handOver' : 'stop')
    })
  })
  send({ kind: 'hello', protocol: PROTOCOL })
  return {
    id,
    peers,
    begin,
    ended,
    released,
    onLead: (listener) => (lead = listener),
    onConnection: (listener) => (serve = listener),
    send,
  }
}
