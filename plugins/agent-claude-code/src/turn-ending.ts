import type { AgentExit, AgentStopReason, AgentTurnError, AgentTurnResult } from '@agentproxy/plugin'
import type { ClaudeResult } from './claude-message.ts'

/** What one process of Claude Code came to. */
export interface ProcessEnd {
  readonly result: ClaudeResult | null
  readonly exit: AgentExit
  /** The session it said it was in; null when it said nothing. */
  readonly sessionId: string | null
}

/** The code a shell gives for a program it cannot start; the host gives it likewise. */
const CANNOT_START = 127
const UNKNOWN_SESSION = /No conversation found with session ID/

/** Whether `--resume` failed because the session is not there. */
export function sessionIsUnknown({ result, exit }: ProcessEnd): boolean {
  if (result !== null && !result.is_error) return false
  return [exit.stderrTail, ...(result?.errors ?? [])].some((text) => UNKNOWN_SESSION.test(text))
}

export function cancelled(conversationId: string | null): AgentTurnResult {
  return { stopReason: 'cancelled', message: 'The turn was cancelled.', error: null, conversationId }
}

export function failed(conversationId: string | null, error: AgentTurnError): AgentTurnResult {
  return { stopReason: 'error', message: error.message, error, conversationId }
}

/** How the turn ended, by its `result` message or, without one, by the end of the process. Exit codes of a turn with a result say nothing. */
export function endingOf(end: ProcessEnd): AgentTurnResult {
  const { result, exit, sessionId } = end
  if (result === null) {
    return exit.endedBy === 'stop' ? cancelled(sessionId) : failed(sessionId, exitError(exit))
  }
  if (result.subtype === 'error_max_turns') return finished('max_turn_requests', result, sessionId)
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
    return { code: 'model', message, retryable: status === 408 || status === 429 || status >= 500 }
  }
  if (result.subtype === 'success') {
    return { code: 'model', message, retryable: result.terminal_reason !== 'prompt_too_long' }
  }
  return { code: 'protocol', message, retryable: result.subtype === 'error_during_execution' }
}

function exitError(exit: AgentExit): AgentTurnError {
  const said = exit.stderrTail.trim() === '' ? '' : `: ${exit.stderrTail.trim()}`
  if (exit.endedBy === 'idle') {
    return { code: 'idle', message: 'Claude Code was silent for too long and was ended.', retryable: true }
  }
  if (exit.endedBy === 'time') {
    return { code: 'time', message: 'Claude Code ran over its time and was ended.', retryable: false }
  }
  if (exit.code === CANNOT_START) {
    return { code: 'not_found', message: `Claude Code could not be started${said}`, retryable: false }
  }
  const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  return {
    code: 'exited',
    message: `Claude Code ended ${how} before it gave a result${said}`,
    retryable: true,
  }
}
