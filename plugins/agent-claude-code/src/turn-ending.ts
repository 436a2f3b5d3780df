import { endedEarly, failed, isRetryableStatus } from '@agentproxy/agent-kit'
import type { AgentExit, AgentStopReason, AgentTurnError, AgentTurnResult } from '@agentproxy/plugin'
import type { ClaudeResult } from './claude-message.ts'

/** What one process of Claude Code came to. */
export interface ProcessEnd {
  readonly result: ClaudeResult | null
  readonly exit: AgentExit
  /** The session it said it was in; null when it said nothing. */
  readonly sessionId: string | null
}

/** Ends that are none of the task: the limits of one turn. */
const LIMITS: ReadonlySet<string> = new Set(['error_max_turns', 'error_max_budget_usd'])
const UNKNOWN_SESSION = /No conversation found with session ID/

/** Whether `--resume` failed because the session is not there. */
export function sessionIsUnknown({ result, exit }: ProcessEnd): boolean {
  if (result !== null && !result.is_error) return false
  return [exit.stderrTail, ...(result?.errors ?? [])].some((text) => UNKNOWN_SESSION.test(text))
}

/** How the turn ended, by its `result` message or, without one, by the end of the process. Exit codes of a turn with a result say nothing. */
export function endingOf(end: ProcessEnd): AgentTurnResult {
  const { result, exit, sessionId } = end
  if (result === null) {
    return endedEarly('Claude Code', sessionId, exit)
  }
  if (LIMITS.has(result.subtype)) return finished('max_turn_requests', result, sessionId)
  // A failed model call is reported as subtype "success" with is_error.
  if (result.is_error || result.subtype !== 'success') return failed(sessionId, resultError(result))
  return finished(stopReasonOf(result.stop_reason), result, sessionId)
}

function finished(
  stopReason: AgentStopReason,
  result: ClaudeResult,
  conversationId: string | null,
): AgentTurnResult {
  return { stopReason, message: wordsOf(result), error: null, conversationId }
}

function stopReasonOf(reason: string | null | undefined): AgentStopReason {
  if (reason === 'max_tokens' || reason === 'refusal') return reason
  return 'end_turn'
}

function wordsOf(result: ClaudeResult): string {
  return result.result ?? result.errors?.join('\n') ?? `Claude Code ended the turn with ${result.subtype}.`
}

function resultError(result: ClaudeResult): AgentTurnError {
  const message = wordsOf(result)
  const status = result.api_error_status ?? null
  if (status !== null) {
    return { code: 'model', message, retryable: isRetryableStatus(status) }
  }
  if (result.subtype === 'success') {
    return { code: 'model', message, retryable: result.terminal_reason !== 'prompt_too_long' }
  }
  return { code: 'protocol', message, retryable: result.subtype === 'error_during_execution' }
}
