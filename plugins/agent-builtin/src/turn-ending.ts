import type { AgentExit, AgentTurnError, AgentTurnResult } from '@agentproxy/plugin'

/** A turn that ended in an error which trying again will not mend. */
export function failed(
  conversationId: string | null,
  code: AgentTurnError['code'],
  message: string,
): AgentTurnResult {
  return ending(conversationId, { code, message, retryable: false })
}

/** A turn that was called off. */
export function cancelled(conversationId: string | null): AgentTurnResult {
  return { stopReason: 'cancelled', message: 'The turn was cancelled.', error: null, conversationId }
}

/** How a turn ended whose process gave no result. */
export function endWithoutResult(conversationId: string, exit: AgentExit): AgentTurnResult {
  switch (exit.endedBy) {
    case 'stop':
      return cancelled(conversationId)
    case 'idle': {
      const message = 'The agent was silent for too long and was ended.'
      return ending(conversationId, { code: 'idle', message, retryable: true })
    }
    case 'time':
      return failed(conversationId, 'time', 'The agent ran over its time and was ended.')
    case null: {
      const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
      const said = exit.stderrTail.trim()
      const message = `The agent's process ended ${how} before it gave a result${said === '' ? '.' : `: ${said}`}`
      return ending(conversationId, { code: 'exited', message, retryable: true })
    }
  }
}

function ending(conversationId: string | null, error: AgentTurnError): AgentTurnResult {
  return { stopReason: 'error', message: error.message, error, conversationId }
}
