import type { ModelError } from '@agentproxy/plugin'
import { failure } from '../exchange/failure.ts'

/** Why an upstream could not be called or broke off, in words for the client and as a word for the record. */
export interface UpstreamFailure {
  readonly error: ModelError
  readonly reason: string
}

/** The upstream answered, but said nothing for too long. */
export function firstTokenTimeout(upstream: string): UpstreamFailure {
  return timeout('first_token_timeout', `The upstream "${upstream}" took too long to say its first word.`)
}

/** Names a transport failure; `upstream` is the provider's name. The transport's own text is not shown: it may hold anything. */
export function upstreamFailure(cause: unknown, upstream: string): UpstreamFailure {
  const name = `The upstream "${upstream}"`
  switch (codeOf(cause)) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return timeout(
        'connect_timeout',
        `${name} could not be reached in time. Check its address and the network.`,
      )
    case 'UND_ERR_HEADERS_TIMEOUT':
      return timeout('first_byte_timeout', `${name} did not begin to answer in time.`)
    case 'UND_ERR_BODY_TIMEOUT':
      return timeout('idle_timeout', `${name} fell silent in the middle of its answer.`)
    case 'ECONNREFUSED':
      return broken(
        'connect_failed',
        `${name} refused the connection. Check that it runs and its address is right.`,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return broken(
        'dns_failed',
        `${name} has a host name that cannot be resolved. Check its address and the network.`,
      )
    case 'UND_ERR_HEADERS_OVERFLOW':
      return broken('bad_answer', `${name} sent more headers than the gateway takes.`)
    case 'UND_ERR_INFO':
    case CUT_SHORT:
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return broken('connection_lost', `${name} closed the connection before its answer was complete.`)
    default:
      return broken('bad_answer', `${name} could not be understood, or the connection to it failed.`)
  }
}

function timeout(reason: string, message: string): UpstreamFailure {
  return { reason, error: failure('timeout', message) }
}

function broken(reason: string, message: string): UpstreamFailure {
  return { reason, error: failure('upstream', message) }
}

/** undici gives this error no code. A reset looks so where the upstream had announced that it would close. */
const CUT_SHORT = 'Invalid EOF state'

function codeOf(cause: unknown): string | null {
  if (cause instanceof Error && cause.message.includes(CUT_SHORT)) return CUT_SHORT
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null
}
