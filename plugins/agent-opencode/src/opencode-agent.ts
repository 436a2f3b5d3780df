import { setTimeout as delay } from 'node:timers/promises'
import {
  cancelled,
  detectProgram,
  endedEarly,
  failed,
  findProgram,
  type Program,
} from '@agentproxy/agent-kit'
import type { AgentDefinition, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import type { OpencodeConfig } from './opencode-config.ts'
import { OpencodeError } from './opencode-error.ts'
import { runPrompt } from './run-prompt.ts'
import { startServer, type OpencodeServer } from './start-server.ts'

const KILL_GRACE_MS = 2000
/** How long after its last word the end of its server may be noticed. */
const EXIT_MS = 1000

/** The agent `opencode`. Its server lives as long as the turn; the session is continued by its id. */
export function createOpencodeAgent(config: OpencodeConfig): AgentDefinition {
  const program: Program = {
    displayName: 'opencode',
    command: 'opencode',
    variable: 'OPENCODE_BIN',
    configured: config.bin,
    setting: '"bin" of agent-opencode',
  }
  return {
    name: 'opencode',
    displayName: program.displayName,
    capabilities: {
      resume: true,
      steer: true,
      interrupt: true,
      images: true,
      modelSwitch: true,
      asksPermission: true,
      plan: true,
      usage: true,
    },
    detect: () => detectProgram(program),
    async runTurn(turn) {
      const { conversationId, model } = turn
      const found = await findProgram(program)
      if (found.path === null)
        return failed(conversationId, { code: 'not_found', message: found.problem, retryable: false })
      if (model === null) {
        const message = 'opencode was given no model: name one with --model.'
        return failed(conversationId, { code: 'protocol', message, retryable: false })
      }
      if (turn.signal.aborted) return cancelled(conversationId)
      return converse(turn, { command: found.path, model, config })
    },
  }
}

interface How {
  readonly command: string
  readonly model: string
  readonly config: OpencodeConfig
}

async function converse(turn: AgentTurn, { command, model, config }: How): Promise<AgentTurnResult> {
  let server: OpencodeServer
  try {
    server = await startServer(turn, { command, model, timeoutMs: config.startTimeoutMs })
  } catch (error) {
    if (!OpencodeError.is(error)) throw error
    if (turn.signal.aborted) return cancelled(turn.conversationId)
    return failed(turn.conversationId, error.failure)
  }
  const { child } = server
  try {
    return await runPrompt(turn, { server, model, maxRetries: config.maxRetries })
  } catch (error) {
    if (!OpencodeError.is(error)) throw error
    const conversationId = error.conversationId ?? turn.conversationId
    if (turn.signal.aborted) return cancelled(conversationId)
    if (error.failure.code !== 'exited') return failed(conversationId, error.failure)
    // Its server went away. When it ended by itself, it has said why.
    const exit = await Promise.race([child.exit, delay(EXIT_MS, null, { ref: false })])
    return exit === null
      ? failed(conversationId, error.failure)
      : endedEarly('opencode', conversationId, exit)
  } finally {
    server.close()
    await child.stop(KILL_GRACE_MS)
  }
}
