import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { mergeUsage, sameUsage } from '../model/usage.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { BlockQueue } from './block-queue.ts'
import { readOpenaiStreamError } from '../openai/error.ts'
import { readFinishReason } from './stop-reason.ts'
import { createToolCallReader } from './tool-call-reader.ts'
import { readOpenaiUsage } from './usage.ts'

/** Turns the chunks of a chat stream into neutral events. */
export class ChatAnswerEvents {
  readonly #emit: Emit
  readonly #queue: BlockQueue
  readonly #calls: ReturnType<typeof createToolCallReader>
  readonly #header = new Map<string, string>()
  #answerId = ''
  #isStarted = false
  #isFinished = false
  #hasRefusal = false
  #usage: ModelUsage | null = null

  constructor(emit: Emit) {
    this.#emit = emit
    this.#queue = new BlockQueue(emit)
    this.#calls = createToolCallReader(this.#queue)
  }

  /** Takes one chunk, or a JSON answer, whose `message` is read as one large `delta`. */
  take(json: JsonRecord): void {
    const { id, model, object: _object, created: _created, obfuscation: _padding, ...body } = json
    const { error, choices, usage, ...others } = body
    if (isRecord(error) || typeof error === 'string') {
      return this.#emit({ type: 'error', error: readOpenaiStreamError(json) })
    }
    const list = Array.isArray(choices) ? choices.filter(isRecord) : []
    const counts = readOpenaiUsage(usage)
    const fields = withoutEmpty(others)
    // Azure sends its filter results first, in a chunk that is no answer yet.
    if (list.length === 0 && counts === null) return this.#opaque({ choices: [], ...fields }, fields)
    this.#start(id, model)
    this.#takeHeader(fields)
    for (const choice of list) this.#takeChoice(choice)
    if (counts !== null) this.#takeUsage(counts)
  }

  /** The server said it is done. */
  done(): void {
    if (!this.#isStarted) return
    this.#finish('stop')
    this.#emit({ type: 'end' })
  }

  /** The bytes ended; a stream that gave its finish reason is whole without `[DONE]`. */
  eof(): void {
    if (this.#isFinished) this.done()
  }

  #start(id: unknown, model: unknown): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#answerId = typeof id === 'string' ? id : ''
    this.#emit({ type: 'start', id: this.#answerId, model: typeof model === 'string' ? model : '' })
  }

  /** Fields of the envelope, such as `system_fingerprint`, are told once, and again when they change. */
  #takeHeader(fields: JsonRecord): void {
    const changed = Object.entries(fields).filter(
      ([key, value]) => JSON.stringify(value) !== this.#header.get(key),
    )
    for (const [key, value] of changed) this.#header.set(key, JSON.stringify(value))
    const header = Object.fromEntries(changed)
    this.#opaque(header, header)
  }

  #takeUsage(counts: ModelUsage): void {
    const usage = mergeUsage(this.#usage, counts)
    if (!sameUsage(usage, this.#usage)) this.#emit({ type: 'usage', usage })
    this.#usage = usage
  }

  #takeChoice(choice: JsonRecord): void {
    const { index, delta, message, finish_reason, ...others } = choice
    if (index !== undefined && index !== 0) return this.#opaque({ choices: [choice] }, choice)
    const raw = delta ?? message
    const unread = this.#takeDelta(isRecord(raw) ? raw : {})
    const rest = withoutEmpty(others)
    this.#opaque({ choices: [{ index: 0, delta: unread, ...rest }] }, { ...unread, ...rest })
    if (typeof finish_reason === 'string' && finish_reason !== '') this.#finish(finish_reason)
  }

  /** Returns the parts that have no neutral event. */
  #takeDelta(delta: JsonRecord): Record<string, unknown> {
    const { role: _role, content, reasoning_content, reasoning, refusal, ...more } = delta
    const { tool_calls, function_call, ...others } = more
    const unread = withoutEmpty(others)
    this.#takeText('thinking', reasoning_content ?? reasoning)
    const parts = Array.isArray(content) ? this.#takeParts(content) : []
    if (!Array.isArray(content)) this.#takeText('text', content)
    if (parts.length > 0) unread['content'] = parts
    this.#takeText('refusal', refusal)
    const hasCalls = Array.isArray(tool_calls) && tool_calls.length > 0
    if (this.#isFinished && (hasCalls || isRecord(function_call))) this.#refuseMore()
    else {
      if (hasCalls) this.#calls.take(tool_calls, this.#answerId)
      if (isRecord(function_call)) this.#calls.takeLegacy(function_call, this.#answerId)
    }
    return unread
  }

  /** Mistral's thinking models answer with a list of parts. Returns the parts that are not text. */
  #takeParts(parts: readonly unknown[]): unknown[] {
    return parts.filter((part) => {
      if (!isRecord(part)) return true
      if (part['type'] === 'text') return !this.#takeText('text', part['text'])
      if (part['type'] !== 'thinking' || !Array.isArray(part['thinking'])) return true
      return !part['thinking'].every((piece) => isRecord(piece) && this.#takeText('thinking', piece['text']))
    })
  }

  /** Whether the value was understood. */
  #takeText(type: 'text' | 'thinking' | 'refusal', value: unknown): boolean {
    if (typeof value !== 'string') return value === undefined || value === null
    if (value === '') return true
    if (this.#isFinished) this.#refuseMore()
    else {
      this.#hasRefusal ||= type === 'refusal'
      const block = type === 'thinking' ? ({ type, issuer: 'openai-chat' } as const) : { type }
      this.#queue.add(type, block, { type, text: value })
    }
    return true
  }

  #finish(value: string): void {
    if (this.#isFinished) return
    this.#isFinished = true
    const content = { hasToolCall: this.#calls.count > 0, hasRefusal: this.#hasRefusal }
    const reason = readFinishReason(value, content)
    if (reason === null) {
      const error = streamError('upstream', `The upstream gave up its answer: finish_reason "${value}".`)
      return this.#emit({ type: 'error', error })
    }
    this.#queue.close()
    this.#emit({ type: 'finish', reason, stopSequence: null })
  }

  #refuseMore(): void {
    const error = streamError('upstream', 'The upstream went on after its finish reason.')
    this.#emit({ type: 'error', error })
  }

  /** Lets a value ride along, unless it says nothing. */
  #opaque(value: JsonRecord, content: JsonRecord): void {
    if (Object.keys(content).length > 0) this.#emit({ type: 'opaque', format: 'openai-chat', value })
  }
}

function withoutEmpty(fields: JsonRecord): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
