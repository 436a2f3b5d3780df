import type { PluginHost } from '@agentproxy/kernel'
import type { TaskContract } from '../session/task-event.ts'
import { FallbackReasoner } from './fallback-reasoner.ts'
import { LlmProposer } from './llm-proposer.ts'
import type { ModelAsker } from './model-asker.ts'
import { PluginProposer } from './plugin-proposer.ts'
import type { Reasoner } from './reasoner.ts'
import { rulesReasoner } from './rules-reasoner.ts'

interface ReasonerInput {
  readonly contract: TaskContract
  readonly taskId: string
  readonly asker: ModelAsker
  readonly prompt: () => Promise<string>
}

/** Who decides for a task: the rules, a model, or a plugin. */
export function chooseReasoner(
  host: PluginHost,
  { contract, taskId, asker, prompt }: ReasonerInput,
): Reasoner {
  const { reasoner: name } = contract
  if (name === 'rules') return rulesReasoner
  if (name !== 'llm') return new FallbackReasoner(new PluginProposer({ host, name, taskId }))
  const model = contract.reasonerModel ?? contract.model
  if (model === null) return rulesReasoner
  return new FallbackReasoner(new LlmProposer({ asker, model, prompt }))
}
