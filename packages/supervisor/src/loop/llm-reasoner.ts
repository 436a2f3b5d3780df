import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { supervisorFunctions, validateCall } from '../functions/registry.ts'
import { llmPrompt } from './llm-prompt.ts'
import type { ReasonRequest, ReasonedDecision, Reasoner } from './reasoner.ts'
import type { ModelAccess } from './task-run.ts'

const REQUEST_TIMEOUT_MS = 120_000
const ATTEMPTS = 3
const MAX_RETRY_AFTER_MS = 30_000
// Useless or missing answers in a row before the rules decide for the rest of the run.
const BREAKER = 3

export interface LlmReasonerOptions {
  readonly models: ModelAccess
  readonly taskId: string
  readonly model: string
  readonly rules: Reasoner
  /** Wait before the second attempt; doubles. */
  readonly retryBaseMs: number
}

const completionSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
})
const decisionSchema = z.object({
  function: z.string(),
  arguments: z.record(z.string(), z.unknown()).default({}),
  reason: z.string().default(''),
})

/** Asks a model through our gateway. Its answer is a proposal: an invalid one, or none, never ends a task. */
export class LlmReasoner implements Reasoner {
  readonly name = 'llm'
  readonly #options: LlmReasonerOptions
  #failures = 0
  #token: string | null = null

  constructor(options: LlmReasonerOptions) {
    this.#options = options
  }

  async decide(request: ReasonRequest): Promise<ReasonedDecision> {
    if (this.#failures >= BREAKER) return this.#options.rules.decide(request)
    const answer = await this.#ask(request)
    if (answer.ok) {
      this.#failures = 0
      return { ...answer.decision, reasoner: this.name, notices: [] }
    }
    this.#failures++
    return this.#withoutModel(request, answer.problem)
  }

  // What the rules would do, except that a missing answer is never taken for consent to be done.
  async #withoutModel(request: ReasonRequest, problem: string): Promise<ReasonedDecision> {
    const over = this.#failures >= BREAKER
    const then = over ? ' The rules decide from here on.' : ''
    const notices = [`The reasoner's model ${this.#options.model} gave no usable decision: ${problem}${then}`]
    const ruled = await this.#options.rules.decide(request)
    if (ruled.function !== 'mark_done' || over) return { ...ruled, notices }
    return {
      reasoner: ruled.reasoner,
      function: 'no_op',
      arguments: {},
      reason: 'The model is asked again.',
      notices,
    }
  }

  async #ask(request: ReasonRequest): Promise<Answer> {
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

type Answer =
  | { readonly ok: true; readonly decision: Pick<ReasonedDecision, 'function' | 'arguments' | 'reason'> }
  | { readonly ok: false; readonly problem: string }
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

function readDecision(body: string): Answer {
  try {
    const content = completionSchema.parse(JSON.parse(body)).choices[0]?.message.content ?? ''
    const decision = decisionSchema.parse(JSON.parse(unfenced(content)))
    const call = validateCall(decision.function, decision.arguments)
    if (!call.ok) return { ok: false, problem: call.problem }
    return {
      ok: true,
      decision: { function: call.function.name, arguments: call.arguments, reason: decision.reason },
    }
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    return { ok: false, problem: `the answer is not the JSON object asked for (${detail})` }
  }
}

// Models like to wrap JSON in a fence although they are told not to.
function unfenced(content: string): string {
  return /^\s*```(?:json)?\s*([\s\S]*?)```\s*$/.exec(content)?.[1] ?? content
}
