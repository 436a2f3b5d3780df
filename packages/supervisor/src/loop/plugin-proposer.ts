import type { PluginHost } from '@agentproxy/kernel'
import type { ReasonerFunction } from '@agentproxy/plugin'
import { z } from 'zod'
import { supervisorFunctions } from '../functions/registry.ts'
import { type Proposal, type Proposer, readProposal } from './fallback-reasoner.ts'
import type { ReasonRequest } from './reasoner.ts'
import { within } from './within.ts'

const DEFAULT_TIMEOUT_MS = 120_000

export interface PluginProposerOptions {
  readonly host: PluginHost
  /** The reasoner's name; whichever plugin has it at the time is asked. */
  readonly name: string
  readonly taskId: string
}

/** Asks the reasoner of a plugin. */
export class PluginProposer implements Proposer {
  readonly name: string
  readonly title: string
  readonly #options: PluginProposerOptions

  constructor(options: PluginProposerOptions) {
    this.name = options.name
    this.title = `The reasoner ${options.name}`
    this.#options = options
  }

  async propose({ context, signal }: ReasonRequest): Promise<Proposal> {
    const { host, name, taskId } = this.#options
    const reasoner = host.live.reasoners.get(name)?.value
    if (reasoner === undefined) return { ok: false, problem: 'no plugin provides it any more' }
    try {
      const answer: unknown = await within(
        { limitMs: reasoner.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal },
        (ends) => reasoner.decide({ taskId, context, functions, signal: ends }),
      )
      return readProposal(answer)
    } catch (error) {
      signal.throwIfAborted()
      return { ok: false, problem: error instanceof Error ? error.message : String(error) }
    }
  }
}

const functions: readonly ReasonerFunction[] = supervisorFunctions.map(
  ({ name, description, parameters }) => ({
    name,
    description,
    parameters: z.toJSONSchema(parameters),
  }),
)
