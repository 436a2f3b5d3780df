import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { supervisorFunctions } from '../functions/registry.ts'
import { type Proposal, type Proposer, readProposal } from './fallback-reasoner.ts'
import { llmPrompt } from './llm-prompt.ts'
import type { ReasonRequest } from './reasoner.ts'
import type { ModelAccess } from './task-run.ts'

const REQUEST_TIMEOUT_MS = 120_000
const ATTEMPTS = 3
const MAX_RETRY_AFTER_MS = 30_000

export interface LlmProposerOptions {
  readonly models: ModelAccess
  readonly taskId: string
  readonly model: string
  /** Wait before the second attempt; doubles. */
  readonly retryBaseMs: number
}

const completionSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
})

/** Asks a model through our gateway. Its answer is a proposal: an invalid one, or none, never ends a task. */
export class LlmProposer implements Proposer {
  readonly name = 'llm'
  readonly title: string
  readonly #options: LlmProposerOptions
  #token: string | null = null

  constructor(options: LlmProposerOptions) {
    this.#options = options
    this.title = `The reasoner's model ${options.model}`
  }

  async propose(request: ReasonRequest): Promise<Proposal> {
    let problem = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const reply = await this.#post(request)
      if (reply.ok) return readDecision(reply.body)
      problem = reply.problem
      if (!reply.retry || attempt === ATTEMPTS - 1) break
      const waitMs = reply.retryAfterMs ?? this.#options.retryBaseMs * 2 ** attempt
      await sleep(Math.min(waitMs, MAX_RETRY_AFTER_MS), undefined, { signal: request.signal })
    }
    return { ok: false, problem }
  }

  async #post(request: ReasonRequest): Promise<Reply> {
    const { models, taskId, model } = this.#options
    this.#token ??= models.issueToken(taskId, 'reasoner')
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
    try {
      const response = await fetch(new URL('/v1/chat/completions', models.url), {
        method: 'POST',
        signal,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${this.#token}`,
        },
        body: JSON.stringify({ model, stream: false, messages: messagesFor(request) }),
      })
      const body = await response.text()
      if (response.ok) return { ok: true, body }
      const retry = response.status === 429 || response.status >= 500
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null
      return { ok: false, problem: `status ${response.status}: ${body.slice(0, 300)}`, retry, retryAfterMs }
    } catch (error) {
      request.signal.throwIfAborted()
      return { ok: false, problem: String(error), retry: true, retryAfterMs: null }
    }
  }
}

type Reply =
  | { readonly ok: true; readonly body: string }
  | {
      readonly ok: false
      readonly problem: string
      readonly retry: boolean
      readonly retryAfterMs: number | null
    }

function messagesFor({ context, state }: ReasonRequest): readonly { role: string; content: string }[] {
  const functions = supervisorFunctions.map(
    (item) =>
      `- ${item.name}: ${item.description} Arguments: ${JSON.stringify(z.toJSONSchema(item.parameters))}`,
  )
  const done = state.functions.map(({ name, ok, result }) => ({ function: name, ok, result }))
  return [
    { role: 'system', content: llmPrompt.replace('{{functions}}', () => functions.join('\n')) },
    { role: 'user', content: JSON.stringify({ ...context, functionsSinceTheTurn: done }, null, 2) },
  ]
}

function readDecision(body: string): Proposal {
  try {
    const content = completionSchema.parse(JSON.parse(body)).choices[0]?.message.content ?? ''
    return readProposal(JSON.parse(unfenced(content)))
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    return { ok: false, problem: `the answer is not the JSON object asked for (${detail})` }
  }
}

// Models like to wrap JSON in a fence although they are told not to.
function unfenced(content: string): string {
  return /^\s*```(?:json)?\s*([\s\S]*?)```\s*$/.exec(content)?.[1] ?? content
}
