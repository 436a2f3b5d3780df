import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { ModelAccess } from './task-run.ts'

const REQUEST_TIMEOUT_MS = 120_000
const ATTEMPTS = 3
const MAX_RETRY_AFTER_MS = 30_000

/** One piece of a message: text, or a picture as a `data:` URL. */
type MessagePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }

export interface ModelMessage {
  readonly role: 'system' | 'user'
  readonly content: string | readonly MessagePart[]
}

export interface ModelAskerOptions {
  readonly models: ModelAccess
  readonly taskId: string
  /** Milliseconds before the second attempt; doubles. */
  readonly retryBaseMs: number
}

export interface ModelQuestion {
  readonly model: string
  readonly messages: readonly ModelMessage[]
  readonly signal: AbortSignal
}

export type ModelAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string }

const completionSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
})

/** Asks models through our gateway, as the task's reasoner, for one JSON value. */
export class ModelAsker {
  readonly #options: ModelAskerOptions
  #token: string | null = null

  constructor(options: ModelAskerOptions) {
    this.#options = options
  }

  /**
   * Overload and broken connections are tried again; whatever is no JSON in the end is a problem, never an answer. Rejects
   * for an abort only.
   */
  async ask(question: ModelQuestion): Promise<ModelAnswer> {
    let problem = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const reply = await this.#post(question)
      if (reply.ok) return readAnswer(reply.body)
      problem = reply.problem
      if (!reply.retry || attempt === ATTEMPTS - 1) break
      const waitMs = reply.retryAfterMs ?? this.#options.retryBaseMs * 2 ** attempt
      await sleep(Math.min(waitMs, MAX_RETRY_AFTER_MS), undefined, { signal: question.signal })
    }
    return { ok: false, problem }
  }

  async #post({ model, messages, signal }: ModelQuestion): Promise<Reply> {
    const { models, taskId } = this.#options
    this.#token ??= models.issueToken(taskId, 'reasoner')
    try {
      const response = await fetch(new URL('/v1/chat/completions', models.url), {
        method: 'POST',
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify({ model, stream: false, messages }),
      })
      const body = await response.text()
      if (response.ok) return { ok: true, body }
      const retry = response.status === 429 || response.status >= 500
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null
      return { ok: false, problem: `status ${response.status}: ${body.slice(0, 300)}`, retry, retryAfterMs }
    } catch (error) {
      signal.throwIfAborted()
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

function readAnswer(body: string): ModelAnswer {
  try {
    const content = completionSchema.parse(JSON.parse(body)).choices[0]?.message.content ?? ''
    return { ok: true, value: JSON.parse(unfenced(content)) }
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    return { ok: false, problem: `the answer is not the JSON object asked for (${detail})` }
  }
}

// Models like to wrap JSON in a fence although they are told not to.
function unfenced(content: string): string {
  return /^\s*```(?:json)?\s*([\s\S]*?)```\s*$/.exec(content)?.[1] ?? content
}
