import type { AgentExit, AgentTurnError, AgentTurnResult } from '@agentproxy/plugin'

/** The code a shell gives for a program it cannot start; the host gives it likewise. */
const CANNOT_START = 127

/** A turn that was called off. */
export function cancelled(
  conversationId: string | null,
  message = 'The turn was cancelled.',
): AgentTurnResult {
  return { stopReason: 'cancelled', message, error: null, conversationId }
}

/** A turn that failed. */
export function failed(conversationId: string | null, error: AgentTurnError): AgentTurnResult {
  return { stopReason: 'error', message: error.message, error, conversationId }
}

/** How a turn ended whose process ended before it gave a result. */
export function endedEarly(agent: string, conversationId: string | null, exit: AgentExit): AgentTurnResult {
  return exit.endedBy === 'stop' ? cancelled(conversationId) : failed(conversationId, exitError(agent, exit))
}

function exitError(agent: string, exit: AgentExit): AgentTurnError {
  const said = exit.stderrTail.trim() === '' ? '' : `: ${exit.stderrTail.trim()}`
  if (exit.endedBy === 'idle')
    return { code: 'idle', message: `${agent} was silent for too long and was ended.`, retryable: true }
  if (exit.endedBy === 'time')
    return { code: 'time', message: `${agent} ran over its time and was ended.`, retryable: false }
  if (exit.code === CANNOT_START)
    return { code: 'not_found', message: `${agent} could not be started${said}`, retryable: false }
  const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  return { code: 'exited', message: `${agent} ended ${how} before it gave a result${said}`, retryable: true }
}

/** Whether a model call that failed with this HTTP status may work if tried again. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}
