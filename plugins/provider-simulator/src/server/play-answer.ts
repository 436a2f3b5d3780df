import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { LossReport } from '@agentproxy/wire'
import type { Format } from '@agentproxy/wire'
import type { Answer, Beat } from '../answer/answer.ts'
import type { Fault } from '../scenario/scenario.ts'
import { sendError } from './send-error.ts'

export interface Stage {
  readonly response: ServerResponse
  readonly format: Format
  readonly stream: boolean
  readonly model: string
  readonly includeUsage: boolean
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal
}

type LateFault = Extract<Fault, string>

/** Sends the answer over the socket, its faults as true faults of the connection. */
export async function playAnswer(answer: Answer, stage: Stage): Promise<void> {
  const refusal = answer.find(isRefusal)?.fault
  if (refusal === 'reset') stage.response.socket?.resetAndDestroy()
  else if (refusal !== undefined) sendError(stage.response, stage.format, refusal)
  else await (stage.stream ? playStream(answer, stage) : playWhole(answer, stage))
}

async function playStream(answer: Answer, stage: Stage): Promise<void> {
  const { response, format, model, includeUsage, signal } = stage
  const writer = format.createStreamWriter(new LossReport(), { model, includeUsage })
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  for (const beat of answer) {
    if (signal.aborted) return
    if (beat.kind === 'delay') await pause(beat.ms, signal)
    else if (beat.kind === 'events')
      for (const event of beat.events) await write(response, writer.write(event))
    else if (beat.fault === 'garbage') await write(response, 'data: {"simulated": "garbage\n\n')
    else return breakOff(lateFault(beat), stage)
  }
  response.end()
}

async function playWhole(answer: Answer, stage: Stage): Promise<void> {
  const { response, format, model, signal } = stage
  const events = answer.flatMap((beat) => (beat.kind === 'events' ? beat.events : []))
  const body = Buffer.from(JSON.stringify(format.writeResponse(events, new LossReport(), { model })))
  for (const beat of answer) if (beat.kind === 'delay') await pause(beat.ms, signal)
  if (signal.aborted) return
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  const broken = answer.find((beat) => beat.kind === 'fault')
  if (broken === undefined) return void response.end(body)
  const fault = lateFault(broken)
  if (fault === 'garbage') return void response.end(Buffer.alloc(body.length, '{"simulated": "garbage '))
  await write(response, body.subarray(0, body.length / 2))
  await breakOff(fault, stage)
}

/** `cut` closes the connection in the middle of the answer, `stall` leaves it open and says no more. */
async function breakOff(fault: LateFault, { response, signal }: Stage): Promise<void> {
  if (fault === 'stall')
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  else response.socket?.destroy()
}

function isRefusal(
  beat: Beat,
): beat is Extract<Beat, { kind: 'fault' }> & { fault: Exclude<Fault, LateFault> | 'reset' } {
  return beat.kind === 'fault' && (beat.fault === 'reset' || typeof beat.fault === 'object')
}

function lateFault(beat: Extract<Beat, { kind: 'fault' }>): LateFault {
  if (typeof beat.fault === 'string') return beat.fault
  throw new TypeError('a status must come before the answer')
}

/** Resolves when the bytes are with the kernel, so that a following cut does not take them back. */
async function write(response: ServerResponse, data: string | Uint8Array): Promise<void> {
  if (data.length === 0 || response.destroyed) return
  await new Promise<void>((resolve) => response.write(data, () => resolve()))
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
