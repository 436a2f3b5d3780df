import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { withApp } from './with-app.ts'

export interface AgentsFlags extends GlobalFlags {
  readonly json?: boolean
}

/** Which agents there are for `--agent`, whether each can run here, and what is missing where it cannot. */
export function listAgents(invocation: Invocation, flags: AgentsFlags): Promise<number> {
  const { terminal } = invocation
  return withApp(invocation, flags, { command: 'agents', plugins: 'all', runTasks: false }, async (app) => {
    const agents = await Promise.all(
      [...app.plugins.live.agents.values()].map(async ({ plugin, value: agent }) => ({
        plugin,
        agent,
        found: await agent.detect(),
      })),
    )
    const columns = Math.max(0, ...agents.map(({ agent }) => agent.name.length))
    for (const { plugin, agent, found } of agents) {
      const { name, displayName, capabilities } = agent
      const { available, version, problem } = found
      if (flags.json === true) {
        const row = { name, displayName, plugin, available, version, problem, capabilities }
        terminal.out.write(`${JSON.stringify(row)}\n`)
        continue
      }
      const state = available ? `ready${version === null ? '' : `, ${version}`}` : (problem ?? 'not found')
      terminal.out.write(`${stripEscapes(`${name.padEnd(columns)}  ${displayName}: ${state}`)}\n`)
      const can = Object.entries(capabilities).flatMap(([capability, has]) => (has ? [capability] : []))
      if (available) terminal.out.write(`${' '.repeat(columns + 2)}${can.join(', ')}\n`)
    }
    return 0
  })
}
