import { cancelled, failed, isRetryableStatus } from '@agentproxy/agent-kit'
import type { AgentTurnResult } from '@agentproxy/plugin'
import type { CodexTurnError } from './codex-message.ts'
import type { RpcError } from './rpc.ts'

/** Kinds of `codexErrorInfo` after which the same turn may work. */
const PASSING: ReadonlySet<string> = new Set([
  'rateLimitExceeded',
  'flexUnavailable',
  'serverOverloaded',
  'policyCapacityUnavailable',
  'internalServerError',
  'httpConnectionFailed',
  'responseStreamConnectionFailed',
  'responseStreamDisconnected',
  'responseTooManyFailedAttempts',
])

/** How a turn ended, by its `turn/completed`. */
export function endingOf(
  turn: { readonly status: string; readonly error: CodexTurnError | null },
  { words, threadId }: { readonly words: string; readonly threadId: string | null },
): AgentTurnResult {
  if (turn.status === 'completed')
    return { stopReason: 'end_turn', message: words, error: null, conversationId: threadId }
  if (turn.status === 'interrupted') return cancelled(threadId)
  const message = readable(turn.error?.message ?? `Codex ended the turn with ${turn.status}.`)
  return failed(threadId, { code: 'model', message, retryable: isPassing(turn.error?.codexErrorInfo) })
}

/** A turn that Codex refused to begin. */
export function rpcFailed(threadId: string | null, error: RpcError): AgentTurnResult {
  return failed(threadId, { code: 'protocol', message: `Codex refused: ${error.message}`, retryable: false })
}

/** Codex hands on the provider's body as it came. */
export function readable(message: string): string {
  try {
    const body = JSON.parse(message) as { readonly error?: { readonly message?: unknown } } | null
    return typeof body?.error?.message === 'string' ? body.error.message : message
  } catch {
    return message
  }
}

function isPassing(info: unknown): boolean {
  if (typeof info === 'string') return PASSING.has(info)
  if (typeof info !== 'object' || info === null) return false
  const [kind = '', details] = Object.entries(info)[0] ?? []
  const status: unknown =
    typeof details === 'object' && details !== null ? Reflect.get(details, 'httpStatusCode') : null
  return typeof status === 'number' ? isRetryableStatus(status) : PASSING.has(kind)
}
