import { cancelled, detectProgram, failed, findProgram, type Program } from '@agentproxy/agent-kit'
import type { AgentDefinition, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { runAppServer } from './app-server.ts'
import type { CodexConfig } from './codex-config.ts'
import { prepareHome } from './codex-home.ts'
import { runExec } from './exec.ts'

/** The agent `codex`. One process for each turn; the thread is continued by its id. */
export function createCodexAgent(config: CodexConfig): AgentDefinition {
  const program: Program = {
    displayName: 'Codex',
    command: 'codex',
    variable: 'CODEX_BIN',
    configured: config.bin,
    setting: '"bin" of agent-codex',
  }
  return {
    name: 'codex',
    displayName: program.displayName,
    capabilities: {
      resume: true,
      steer: true,
      interrupt: true,
      images: true,
      modelSwitch: true,
      asksPermission: config.sandbox === 'read-only' && config.approvalPolicy === 'on-request',
      plan: true,
      usage: true,
    },
    detect: () => detectProgram(program),
    async runTurn(turn) {
      const found = await findProgram(program)
      if (found.path === null)
        return failed(turn.conversationId, { code: 'not_found', message: found.problem, retryable: false })
      if (turn.signal.aborted) return cancelled(turn.conversationId)
      return converse(turn, found.path, config)
    },
  }
}

async function converse(turn: AgentTurn, command: string, config: CodexConfig): Promise<AgentTurnResult> {
  const env = await prepareHome(turn, config)
  const result = await runAppServer(turn, { command, env, config })
  if (result !== 'unsupported') return result
  const text =
    'This version of Codex has no app-server: it runs by `codex exec`, does not ask before it acts, and cannot be steered.'
  turn.emit({ type: 'notice', level: 'warn', text })
  return runExec(turn, { command, env })
}
