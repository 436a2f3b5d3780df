import { cancelled, failed, isRetryableStatus } from '@agentproxy/agent-kit'
import type { AgentStopReason, AgentTurnResult } from '@agentproxy/plugin'
import type { OpencodeFailure } from './opencode-message.ts'

const STOP_REASONS: Readonly<Record<string, AgentStopReason>> = {
  length: 'max_tokens',
  'content-filter': 'refusal',
}

interface Ended {
  readonly words: string
  readonly finish: string | null
  readonly failure: OpencodeFailure | null
}

/** How a turn ended, by the last message of the agent. */
export function endingOf({ words, finish, failure }: Ended, sessionId: string): AgentTurnResult {
  switch (failure?.name) {
    case undefined: {
      const stopReason = STOP_REASONS[finish ?? ''] ?? 'end_turn'
      return { stopReason, message: words, error: null, conversationId: sessionId }
    }
    case 'MessageAbortedError':
      return cancelled(sessionId)
    case 'MessageOutputLengthError':
      return { stopReason: 'max_tokens', message: words, error: null, conversationId: sessionId }
    default: {
      const { statusCode, isRetryable, message } = failure?.data ?? {}
      const retryable = isRetryable ?? (typeof statusCode === 'number' && isRetryableStatus(statusCode))
      return failed(sessionId, {
        code: 'model',
        message: message ?? `opencode ended the turn with ${failure?.name}.`,
        retryable,
      })
    }
  }
}
