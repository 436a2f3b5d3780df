import type { ModelError } from '@agentproxy/plugin'
import type { ClientAnswer } from '../relay/client-answer.ts'
import type { Relay } from '../relay/relay.ts'
import { tellFailure } from '../relay/scene.ts'
import type { Exchange } from './exchange.ts'
import { failure } from './failure.ts'

/** What may end an exchange from outside. */
export type Interruption = 'client_gone' | 'total_timeout' | 'shutdown'

export interface Interruptible {
  readonly exchange: Exchange
  readonly answer: ClientAnswer
  /** The upstream call under way, if there is one. */
  relay: Relay | null
}

/** Ends an exchange now. Ending it lets the upstream go at once. */
export function interrupt({ exchange, answer, relay }: Interruptible, cause: Interruption): void {
  if (exchange.ended) {
    // All was said, but the client does not read it.
    if (cause === 'total_timeout') answer.drop()
    return
  }
  if (cause === 'client_gone') {
    exchange.usage = relay?.usage() ?? null
    exchange.end('cancelled', cause, answer.status ?? 499)
    return
  }
  const error = interruptionError(cause)
  if (relay !== null) relay.fail(error, cause)
  else if (answer.started) tellFailure({ exchange, answer }, { error, reason: cause })
  else if (exchange.end(exchange.attempts.length > 0 ? 'failed' : 'rejected', cause, error.status))
    answer.sendError(error)
}

/** What a client is told of it. */
export function interruptionError(cause: Exclude<Interruption, 'client_gone'>): ModelError {
  switch (cause) {
    case 'total_timeout':
      return failure('timeout', 'The exchange took longer than the gateway allows.')
    case 'shutdown':
      return failure('overloaded', 'The gateway is shutting down. Try again when it is back.')
  }
}
