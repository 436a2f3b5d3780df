import { z } from 'zod'
import { supervisorFunctions } from '../functions/registry.ts'
import type { ModelAsker, ModelMessage } from './model-asker.ts'
import { type Proposal, type Proposer, readProposal } from './fallback-reasoner.ts'
import type { ReasonRequest } from './reasoner.ts'

export interface LlmProposerOptions {
  readonly asker: ModelAsker
  readonly model: string
  /** The prompt, in which `{{functions}}` stands for the functions. */
  prompt(): Promise<string>
}

/** Asks a model through our gateway. Its answer is a proposal: an invalid one, or none, never ends a task. */
export class LlmProposer implements Proposer {
  readonly name = 'llm'
  readonly title: string
  readonly #options: LlmProposerOptions

  constructor(options: LlmProposerOptions) {
    this.#options = options
    this.title = `The reasoner's model ${options.model}`
  }

  async propose(request: ReasonRequest): Promise<Proposal> {
    const { asker, model } = this.#options
    const messages = messagesFor(request, await this.#options.prompt())
    const answer = await asker.ask({ model, messages, signal: request.signal })
    return answer.ok ? readProposal(answer.value) : answer
  }
}

function messagesFor({ context, state }: ReasonRequest, prompt: string): readonly ModelMessage[] {
  const functions = supervisorFunctions.map(
    (item) =>
      `- ${item.name}: ${item.description} Arguments: ${JSON.stringify(z.toJSONSchema(item.parameters))}`,
  )
  const done = state.functions.map(({ name, ok, result }) => ({ function: name, ok, result }))
  return [
    { role: 'system', content: prompt.replace('{{functions}}', () => functions.join('\n')) },
    {
      role: 'user',
      content: JSON.stringify({ ...context, subtasks: state.subtasks, functionsSinceTheTurn: done }, null, 2),
    },
  ]
}
