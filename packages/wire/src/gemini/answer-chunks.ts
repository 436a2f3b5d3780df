import { randomUUID } from 'node:crypto'
import type { WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createEventOrder } from '../model/event-order.ts'
import type { ModelError, ModelEvent, ModelUsage, StopReason } from '../model/event.ts'
import { mergeUsage } from '../model/usage.ts'
import { AnswerLoss, isUnsaidReason } from '../model/answer-loss.ts'
import { createFindTool } from '../model/tool-names.ts'
import { AnswerParts } from './answer-parts.ts'
import { writeFinishReason } from './finish-reason.ts'
import { writeGeminiUsage } from './usage.ts'

/** One `GenerateContentResponse` of a stream. */
export type Chunk = Record<string, unknown>

/**
 * Turns events into the chunks of a stream. The finish reason waits for the end, where one chunk says it together with
 * the usage, as Gemini's last chunk does.
 */
export class AnswerChunks {
  readonly #check = createEventOrder()
  readonly #losses: AnswerLoss
  readonly #parts: AnswerParts
  readonly #options: WriteOptions
  #header: JsonRecord = {}
  #usage: ModelUsage | null = null
  #usageRest: JsonRecord = {}
  #reason: StopReason = 'end_turn'
  #finishReason: unknown = undefined
  #isBlocked = false
  #hasCandidate = false

  constructor(loss: LossReport, options: WriteOptions) {
    this.#losses = new AnswerLoss(loss)
    this.#parts = new AnswerParts(this.#losses, createFindTool(options.tools))
    this.#options = options
  }

  /** Throws TypeError for events in illegal order. An `error` is not written here. */
  take(event: Exclude<ModelEvent, { type: 'error' }>): Chunk[] {
    this.#check(event)
    switch (event.type) {
      case 'start': {
        const responseId = event.id === '' ? randomUUID() : event.id
        this.#header = { modelVersion: this.#options.model ?? event.model, responseId }
        return []
      }
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        return []
      case 'block_start':
        return this.#content(this.#parts.start(event.block))
      case 'block_delta':
        return this.#content(this.#parts.delta(event.delta))
      case 'block_stop':
        return this.#content(this.#parts.stop())
      case 'finish':
        this.#finish(event.reason, event.stopSequence)
        return this.#content(this.#parts.finish())
      case 'ping':
        return [this.idle()]
      case 'opaque':
        return this.#takeOpaque(event.format, event.value)
      case 'end':
        return [this.#last()]
    }
  }

  /** Marks the stream as over, so that nothing may follow. */
  fail(error: ModelError): void {
    this.#check({ type: 'error', error })
  }

  /** A chunk that says nothing. Early official SDKs stop reading at an SSE comment, so it has to be one of these. */
  idle(): Chunk {
    const { modelVersion, responseId } = this.#header
    return responseId === undefined ? {} : { modelVersion, responseId }
  }

  #content(parts: readonly JsonRecord[]): Chunk[] {
    if (parts.length === 0) return []
    return [this.#chunk({ content: { role: 'model', parts }, index: 0 })]
  }

  #chunk(candidate: JsonRecord): Chunk {
    this.#hasCandidate = true
    return { candidates: [candidate], ...this.#header }
  }

  #finish(reason: StopReason, stopSequence: string | null): void {
    this.#reason = reason
    if (stopSequence !== null) {
      const detail = 'Gemini does not say which sequence stopped it.'
      this.#losses.add('dropped', 'stop-sequence-unsupported', '/stop_sequence', detail)
    }
    if (isUnsaidReason(reason, this.#parts.hasRefusal)) this.#losses.nearestReason(reason)
  }

  #takeOpaque(format: string, value: unknown): Chunk[] {
    if (format !== 'gemini' || !isRecord(value)) {
      this.#losses.add('dropped', 'event-unsupported', '', `Events only ${format} knows have no counterpart.`)
      return []
    }
    const { candidates, usageMetadata, ...header } = value
    this.#header = { ...this.#header, ...header }
    this.#isBlocked ||= isRecord(header['promptFeedback'])
    if (isRecord(usageMetadata)) this.#usageRest = usageMetadata
    const list = Array.isArray(candidates) ? candidates.filter(isRecord) : []
    return list.flatMap((candidate) => this.#takeCandidate(candidate))
  }

  /** Fields of the answer's candidate, or another candidate whole. */
  #takeCandidate(candidate: JsonRecord): Chunk[] {
    const { index, finishReason, ...rest } = candidate
    const isOwn = index === 0
    if (isOwn && finishReason !== undefined) this.#finishReason = finishReason
    if (isOwn && Object.keys(rest).length === 0) return []
    const held = this.#content(this.#parts.finish())
    return [...held, this.#chunk(isOwn ? { index: 0, ...rest } : candidate)]
  }

  #last(): Chunk {
    if (this.#usage?.cacheWriteTokens) {
      const detail = 'Gemini does not say apart what went into the cache; it stays in the prompt count.'
      this.#losses.add('dropped', 'cache-write-tokens-unsupported', '/usage', detail)
    }
    const counts =
      this.#usage === null ? {} : { usageMetadata: writeGeminiUsage(this.#usage, this.#usageRest) }
    // A prompt that was blocked has no candidate at all.
    if (this.#isBlocked && !this.#hasCandidate && this.#reason === 'content_filter')
      return { ...counts, ...this.#header }
    const finishReason = this.#finishReason ?? writeFinishReason(this.#reason, this.#parts.hasRefusal)
    const content = { role: 'model', parts: [{ text: '' }] }
    return { candidates: [{ content, finishReason, index: 0 }], ...counts, ...this.#header }
  }
}
