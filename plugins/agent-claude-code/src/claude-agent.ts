import type { AgentDefinition, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { prepareHome } from './claude-home.ts'
import { detectBinary, findBinary } from './find-binary.ts'
import { runProcess } from './run-process.ts'
import { cancelled, endingOf, failed, sessionIsUnknown } from './turn-ending.ts'

/** JSON lines both ways, and every tool that is not allowed asked about on the same channel. */
const PROTOCOL =
  '-p --input-format stream-json --output-format stream-json --verbose --permission-prompt-tool stdio --permission-mode default'.split(
    ' ',
  )
/** Only the settings of the folder we made (see prepareHome), and none of a project's tool servers. */
const OWN_SETTINGS = ['--setting-sources', 'user', '--strict-mcp-config']

/** The agent `claude-code`. One process for each turn; the session is continued by `--resume`. */
export function createClaudeAgent(options: { readonly bin: string | null }): AgentDefinition {
  return {
    name: 'claude-code',
    displayName: 'Claude Code',
    capabilities: {
      resume: true,
      steer: false,
      interrupt: true,
      images: false,
      modelSwitch: true,
      asksPermission: true,
      plan: false,
      usage: false,
    },
    detect: () => detectBinary(options.bin),
    async runTurn(turn) {
      const found = await findBinary(options.bin)
      if (found.path === null) {
        const error = { code: 'not_found' as const, message: found.problem, retryable: false }
        return failed(turn.conversationId, error)
      }
      if (turn.signal.aborted) return cancelled(turn.conversationId)
      return converse(turn, found.path)
    },
  }
}

async function converse(turn: AgentTurn, command: string): Promise<AgentTurnResult> {
  const env = await prepareHome(turn)
  const run = (resume: string | null) => runProcess(turn, { command, args: argumentsFor(turn, resume), env })
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

function argumentsFor(turn: AgentTurn, resume: string | null): string[] {
  const allowed = turn.allowedTools ?? []
  return [
    ...PROTOCOL,
    ...OWN_SETTINGS,
    ...(turn.model === null ? [] : ['--model', turn.model]),
    ...(allowed.length === 0 ? [] : ['--allowedTools', allowed.join(',')]),
    ...(resume === null ? [] : ['--resume', resume]),
  ]
}
