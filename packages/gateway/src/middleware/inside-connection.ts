import { Duplex } from 'node:stream'
import type { Identity } from '@agentproxy/plugin'
import type { Snapshot } from '@agentproxy/kernel'
import type { ClientCredentials } from '../access/token-book.ts'

/** What was settled when a request came in, before any middleware saw it; no middleware can change it. */
export interface Admission {
  readonly identity: Identity | null
  readonly credentials: ClientCredentials | null
  readonly live: Snapshot
  /** Whether it asks to become a WebSocket; web requests cannot say so. */
  readonly websocket: boolean
}

type Done = (error?: Error | null) => void

/** One end of a connection within this process. */
class Side extends Duplex {
  peer: Side | null = null
  #blocked: Done | null = null
  #ended = false

  /** Takes what the peer writes; the peer's next write waits until this has been read. */
  receive(chunk: Buffer, done: Done): void {
    if (this.#ended || this.destroyed) done(new Error('the other side has gone'))
    else if (this.push(chunk)) done()
    else this.#blocked = done
  }

  /** Nothing more comes from the peer; what it wrote can still be read. */
  receiveEnd(): void {
    if (this.#ended || this.destroyed) return
    this.#ended = true
    this.push(null)
  }

  override _read(): void {
    this.#release(null)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.peer?.receive(chunk, done)
  }

  override _final(done: Done): void {
    this.peer?.receiveEnd()
    done()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#release(new Error('the other side has gone'))
    this.peer?.receiveEnd()
    done(error)
  }

  #release(error: Error | null): void {
    const done = this.#blocked
    this.#blocked = null
    done?.(error)
  }
}

/** The server's end of a request that middleware sent on. */
export class InsideSocket extends Side {
  readonly admission: Admission

  constructor(admission: Admission) {
    super()
    this.admission = admission
  }
}

/** A connection to our own server that never leaves memory: `near` is the caller's end. It is gone when `near` is. */
export function connectInside(admission: Admission): { readonly near: Duplex; readonly far: InsideSocket } {
  const near = new Side()
  const far = new InsideSocket(admission)
  near.peer = far
  far.peer = near
  // Whoever uses an end hears of errors by its own listeners; without any they must not end the process.
  near.on('error', () => {})
  near.once('close', () => far.destroy())
  return { near, far }
}
