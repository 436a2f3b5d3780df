import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { mergeUsage, sameUsage } from '../model/usage.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { AnswerBlocks } from './answer-blocks.ts'
import { readGeminiStreamError } from './error.ts'
import { readFinishReason, writeFinishReason } from './finish-reason.ts'
import { readGeminiUsage, unreadUsage } from './usage.ts'

/**
 * Turns the chunks of an answer into neutral events. Gemini may go on after a finish reason, as when it runs a tool of its
 * own, so the last one counts, and only where the bytes end.
 */
export class GeminiAnswerEvents {
  readonly #emit: Emit
  readonly #blocks: AnswerBlocks
  readonly #told = new Map<string, string>()
  #isStarted = false
  #finishReason: string | null = null
  #finishMessage: string | null = null
  #usage: ModelUsage | null = null
  #usageRest: JsonRecord = {}

  constructor(emit: Emit) {
    this.#emit = emit
    this.#blocks = new AnswerBlocks(emit)
  }

  take(json: JsonRecord): void {
    const { error, candidates, usageMetadata, modelVersion, responseId, ...header } = json
    if (isRecord(error)) return this.#emit({ type: 'error', error: readGeminiStreamError(json) })
    const isSilent = candidates === undefined && usageMetadata === undefined
    if (isSilent && Object.keys(header).length === 0) return this.#emit({ type: 'ping' })
    this.#start(responseId, modelVersion)
    this.#tell('', header, (changed) => changed)
    const list = Array.isArray(candidates) ? candidates.filter(isRecord) : []
    for (const candidate of list) this.#takeCandidate(candidate)
    const { promptFeedback } = header
    if (isRecord(promptFeedback) && typeof promptFeedback['blockReason'] === 'string' && list.length === 0)
      this.#finishReason ??= 'SAFETY'
    this.#takeUsage(usageMetadata)
  }

  /** The bytes ended; without a finish reason the answer is not whole. */
  eof(): void {
    if (this.#finishReason === null) return
    const value = this.#finishReason
    const reason = readFinishReason(value, this.#blocks.hasToolCall)
    if (reason === null) {
      const message = this.#finishMessage ?? `The model gave up its answer: finishReason "${value}".`
      return this.#emit({ type: 'error', error: streamError('upstream', message) })
    }
    this.#blocks.close()
    if (Object.keys(this.#usageRest).length > 0) this.#opaque({ usageMetadata: this.#usageRest })
    if (writeFinishReason(reason, false) !== value)
      this.#opaque({ candidates: [{ index: 0, finishReason: value }] })
    this.#emit({ type: 'finish', reason, stopSequence: null })
    this.#emit({ type: 'end' })
  }

  #start(id: unknown, model: unknown): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const answerId = typeof id === 'string' ? id : ''
    this.#blocks.begin(answerId)
    this.#emit({ type: 'start', id: answerId, model: typeof model === 'string' ? model : '' })
  }

  /** Fields that come again with every chunk are told once, and again when they change. */
  #tell(scope: string, fields: JsonRecord, wrap: (changed: JsonRecord) => JsonRecord): void {
    const changed = Object.entries(fields).filter(
      ([key, value]) => JSON.stringify(value) !== this.#told.get(scope + key),
    )
    for (const [key, value] of changed) this.#told.set(scope + key, JSON.stringify(value))
    if (changed.length > 0) this.#opaque(wrap(Object.fromEntries(changed)))
  }

  #takeCandidate(candidate: JsonRecord): void {
    const { index, content, finishReason, ...rest } = candidate
    if (index !== undefined && index !== 0) return this.#opaque({ candidates: [candidate] })
    const { parts, role: _role, ...contentRest } = isRecord(content) ? content : {}
    const list = Array.isArray(parts) ? parts.filter(isRecord) : []
    if (list.some((part) => part['text'] !== '' || Object.keys(part).length > 1)) this.#finishReason = null
    for (const part of list) this.#blocks.take(part)
    const fields = Object.keys(contentRest).length > 0 ? { ...rest, content: contentRest } : rest
    this.#tell('candidate.', fields, (changed) => ({ candidates: [{ index: 0, ...changed }] }))
    if (typeof finishReason !== 'string' || finishReason === '') return
    this.#finishReason = finishReason
    this.#finishMessage = typeof rest['finishMessage'] === 'string' ? rest['finishMessage'] : null
  }

  #takeUsage(raw: unknown): void {
    this.#usageRest = { ...this.#usageRest, ...unreadUsage(raw) }
    const counts = readGeminiUsage(raw)
    if (counts === null) return
    const usage = mergeUsage(this.#usage, counts)
    if (!sameUsage(usage, this.#usage)) this.#emit({ type: 'usage', usage })
    this.#usage = usage
  }

  #opaque(value: JsonRecord): void {
    this.#emit({ type: 'opaque', format: 'gemini', value })
  }
}
