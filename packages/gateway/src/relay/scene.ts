import type { ModelError, ModelUsage } from '@agentproxy/plugin'
import type { Exchange } from '../exchange/exchange.ts'
import type { AttemptFailure } from '../exchange/remedy.ts'
import type { CommitPoint } from '../routing/routing-options.ts'
import type { ClientAnswer } from './client-answer.ts'
import type { FlowGate } from './flow-gate.ts'

/** What everyone who relays one answer shares. */
export interface Scene {
  readonly exchange: Exchange
  readonly answer: ClientAnswer
  readonly flow: FlowGate
  /** The largest answer held in memory. */
  readonly answerBytes: number
  readonly commit: CommitPoint
  /** Nothing more of this answer is wanted: the exchange has ended, or another upstream is asked. */
  over(this: void): boolean
  /** The first content of the answer is here. */
  firstToken(this: void): void
  /** Every failure comes here: the client is told of it, unless nothing has reached it and another attempt follows. */
  fail(this: void, failure: AttemptFailure): void
  /** Runs a step of the relay; what it throws is logged and ends the exchange as our own failure. */
  guard(this: void, step: () => void): void
}

/** Takes an upstream's answer body and makes the client's answer of it. */
export interface BodySink {
  data(chunk: Buffer): void
  /** The upstream's body ended as its framing says. */
  end(): void
  /** The upstream broke, or we gave up on it. */
  fail(error: ModelError, reason: string): void
  /** Tokens seen so far, for an answer that is cut short. */
  usage(): ModelUsage | null
}

/** An answer that went wrong. The client is told with a status if none is out, else inside the stream (`lead` goes before the event). */
export function failAnswer(scene: Scene, error: ModelError, reason: string, lead = ''): void {
  scene.fail({ error, reason, tell: () => tellFailure(scene, { error, reason }, lead) })
}

/** Ends the exchange with this error, whatever might still be tried. */
export function tellFailure(
  { exchange, answer }: Pick<Scene, 'exchange' | 'answer'>,
  { error, reason }: Pick<AttemptFailure, 'error' | 'reason'>,
  lead = '',
): void {
  const started = answer.started
  if (!exchange.end('failed', reason, answer.status ?? error.status)) return
  if (started) answer.breakOff(error, lead)
  else answer.sendError(error)
}
