import { cancelled, detectProgram, failed, findProgram, type Program } from '@agentproxy/agent-kit'
import type { AgentDefinition, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import type { ClaudeConfig } from './claude-config.ts'
import { prepareHome } from './claude-home.ts'
import { runProcess } from './run-process.ts'
import { endingOf, sessionIsUnknown } from './turn-ending.ts'

/** JSON lines both ways, and every tool that is not allowed asked about on the same channel. */
const PROTOCOL =
  '-p --input-format stream-json --output-format stream-json --verbose --permission-prompt-tool stdio --permission-mode default'.split(
    ' ',
  )
/** Only the settings of the folder we made (see prepareHome), and none of a project's tool servers. */
const OWN_SETTINGS = ['--setting-sources', 'user', '--strict-mcp-config']

/** The agent `claude-code`. One process for each turn; the session is continued by `--resume`. */
export function createClaudeAgent(config: ClaudeConfig): AgentDefinition {
  const program: Program = {
    displayName: 'Claude Code',
    command: 'claude',
    variable: 'CLAUDE_BIN',
    configured: config.bin,
    setting: '"bin" of agent-claude-code',
  }
  return {
    name: 'claude-code',
    displayName: program.displayName,
    capabilities: {
      resume: true,
      steer: true,
      interrupt: true,
      images: true,
      modelSwitch: true,
      asksPermission: true,
      plan: false,
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

async function converse(turn: AgentTurn, command: string, config: ClaudeConfig): Promise<AgentTurnResult> {
  const env = await prepareHome(turn)
  const run = (resume: string | null) =>
    runProcess(turn, { command, args: argumentsFor(turn, resume, config), env })
  let end = await run(turn.conversationId)
  if (turn.conversationId !== null && sessionIsUnknown(end)) {
    const text = `Claude Code does not know the session ${turn.conversationId} any more; a new one was begun.`
    turn.emit({ type: 'notice', level: 'warn', text })
    end = await run(null)
  }
  if (turn.signal.aborted) return cancelled(end.sessionId ?? turn.conversationId)
  const ending = endingOf(end)
  return { ...ending, conversationId: ending.conversationId ?? turn.conversationId }
}

function argumentsFor(turn: AgentTurn, resume: string | null, config: ClaudeConfig): string[] {
  const { maxBudgetUsd, maxTurns, hooks } = config
  const allowed = turn.allowedTools ?? []
  return [
    ...PROTOCOL,
    ...OWN_SETTINGS,
    ...(turn.model === null ? [] : ['--model', turn.model]),
    ...(allowed.length === 0 ? [] : ['--allowedTools', allowed.join(',')]),
    ...(maxBudgetUsd === null ? [] : ['--max-budget-usd', String(maxBudgetUsd)]),
    ...(maxTurns === null ? [] : ['--max-turns', String(maxTurns)]),
    ...(hooks === null ? [] : ['--settings', JSON.stringify({ hooks }), '--include-hook-events']),
    ...(resume === null ? [] : ['--resume', resume]),
  ]
}
