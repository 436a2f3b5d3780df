import { cancelled, detectProgram, failed, findProgram, type Program } from '@agentproxy/agent-kit'
import type { AgentDefinition } from '@agentproxy/plugin'
import { prepareLaunch, type Launch } from './launch.ts'
import { runSession } from './run-session.ts'

export interface WhereFrom {
  readonly configured: string | null
  readonly setting: string
}

/** An agent of the protocol. One process for each turn; the session is continued where the agent can load one. */
export function createAcpAgent(launch: Launch, { configured, setting }: WhereFrom): AgentDefinition {
  const program: Program = {
    displayName: launch.displayName,
    command: launch.command,
    variable: `${launch.name.toUpperCase().replaceAll('-', '_')}_BIN`,
    configured,
    setting,
  }
  const mentionsModel = [...launch.args, ...Object.values(launch.env)].some((text) =>
    text.includes('{model}'),
  )
  return {
    name: launch.name,
    displayName: launch.displayName,
    capabilities: {
      resume: true,
      // The protocol has no way to say something to a running turn.
      steer: false,
      interrupt: true,
      images: true,
      modelSwitch: mentionsModel,
      asksPermission: launch.asksPermission,
      plan: true,
      usage: launch.reportsUsage,
    },
    detect: () => detectProgram(program),
    async runTurn(turn) {
      const found = await findProgram(program)
      if (found.path === null)
        return failed(turn.conversationId, { code: 'not_found', message: found.problem, retryable: false })
      if (turn.signal.aborted) return cancelled(turn.conversationId)
      const spawn = await prepareLaunch(turn, { path: found.path, launch })
      return runSession(turn, { spawn, launch })
    },
  }
}
