import { stat } from 'node:fs/promises'
import type { PluginHost } from '@agentproxy/kernel'
import type { TaskContract } from '../session/task-event.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { git } from '../workspace/git.ts'
import { reasonerNames } from './reasoner.ts'

/** Throws `SupervisorError` for what stands in the way of starting. */
export async function checkContract(host: PluginHost, contract: TaskContract): Promise<void> {
  const agents = [...host.live.agents.keys()]
  if (!agents.includes(contract.agent)) {
    const known = agents.length === 0 ? 'No plugin provides an agent.' : `Known agents: ${agents.join(', ')}.`
    throw new SupervisorError('AGENT_UNKNOWN', `There is no agent ${contract.agent}. ${known}`)
  }
  const reasoners = reasonerNames(host)
  if (!reasoners.includes(contract.reasoner)) {
    const known = `Known reasoners: ${reasoners.join(', ')}.`
    throw new SupervisorError('REASONER_UNKNOWN', `There is no reasoner ${contract.reasoner}. ${known}`)
  }
  if (contract.reasoner === 'llm' && contract.reasonerModel === null && contract.model === null) {
    throw new SupervisorError(
      'REASONER_MODEL_MISSING',
      'The llm reasoner needs a model. Name one, or use the reasoner rules.',
    )
  }
  const found = await stat(contract.workingDir).catch(() => null)
  if (found === null || !found.isDirectory()) {
    throw new SupervisorError(
      'WORKSPACE_MISSING',
      `The working directory ${contract.workingDir} does not exist.`,
    )
  }
  await git(['--version'], { cwd: contract.workingDir })
}
