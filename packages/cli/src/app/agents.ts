import type { PluginHost } from '@agentproxy/kernel'
import type { AgentDefinition } from '@agentproxy/plugin'
import { didYouMean } from '../args/nearest.ts'
import { CliError } from '../errors.ts'

/** The agent of that name, ready to work. Throws `AGENT_UNKNOWN` or `AGENT_UNAVAILABLE` with what to do. */
export async function findAgent(host: PluginHost, name: string): Promise<AgentDefinition> {
  const names = [...host.live.agents.keys()]
  const agent = host.live.agents.get(name)?.value
  if (agent === undefined) {
    const hint = names.length === 0 ? 'No agent is loaded.' : `Agents: ${names.join(', ')}.`
    throw new CliError('AGENT_UNKNOWN', `unknown agent "${name}"${didYouMean(name, names)}`, { hint })
  }
  const { available, problem } = await agent.detect()
  if (available) return agent
  throw new CliError('AGENT_UNAVAILABLE', `${agent.displayName} cannot run: ${problem ?? 'it was not found'}`)
}
