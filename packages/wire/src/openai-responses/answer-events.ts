import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { sameUsage } from '../model/usage.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { envelopeFields } from './envelope.ts'
import { readFailure } from './error.ts'
import { ItemReader } from './item-reader.ts'
import { readStopReason } from './stop-reason.ts'
import { readResponsesUsage } from './usage.ts'

/**
 * Turns the events of a Responses stream into neutral ones. One item is told as it streams; another that begins
 * meanwhile is told whole when it is done, after the first. What the stream left out is taken from the last event,
 * which holds the whole answer.
 */
export class ResponsesAnswerEvents {
  readonly #emit: Emit
  readonly #envelope = new Map<string, string>()
  readonly #told = new Set<string | number>()
  #live: ItemReader | null = null
  #waiting: { readonly outputIndex: number; readonly item: JsonRecord }[] = []
  #blocks = 0
  #isStarted = false
  #hasToolCall = false
  #hasRefusal = false
  #usage: ModelUsage | null = null

  constructor(emit: Emit) {
    this.#emit = emit
  }

  take(json: JsonRecord): void {
    const { type } = json
    const response = isRecord(json['response']) ? json['response'] : null
    switch (type) {
      case 'error':
        return this.#emit({ type: 'error', error: readFailure(json) })
      case 'keepalive':
        return this.#emit({ type: 'ping' })
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return this.#takeEnvelope(response ?? {})
      case 'response.failed':
      case 'response.cancelled':
        this.#takeEnvelope(response ?? {})
        return this.#emit({ type: 'error', error: readFailure(response?.['error'] ?? {}) })
      case 'response.completed':
      case 'response.done':
      case 'response.incomplete':
        return this.#takeEnd(type, response ?? {})
      case 'response.output_item.added':
        return this.#addItem(json)
      case 'response.output_item.done':
        return this.#finishItem(json)
      default:
        this.#takeOther(json)
    }
  }

  #takeEnvelope(response: JsonRecord): void {
    const { id, model, usage } = response
    if (!this.#isStarted) {
      this.#isStarted = true
      this.#emit({ type: 'start', id: stringOr(id), model: stringOr(model) })
    }
    const changed = Object.entries(envelopeFields(response)).filter(
      ([key, value]) => JSON.stringify(value) !== this.#envelope.get(key),
    )
    for (const [key, value] of changed) this.#envelope.set(key, JSON.stringify(value))
    if (changed.length > 0) {
      const value = { response: Object.fromEntries(changed) }
      this.#emit({ type: 'opaque', format: 'openai-responses', value })
    }
    const counts = readResponsesUsage(usage)
    if (counts !== null && !sameUsage(counts, this.#usage)) this.#emit({ type: 'usage', usage: counts })
    this.#usage = counts ?? this.#usage
  }

  #addItem(json: JsonRecord): void {
    const place = placeOf(json, this.#told.size)
    if (this.#live === null && !this.#isTold(place)) this.#begin(place)
  }

  #finishItem(json: JsonRecord): void {
    const place = placeOf(json, this.#told.size)
    if (this.#live !== null && isSame(this.#live, place)) {
      this.#live.finish(place.item)
      this.#live = null
      for (const waiting of this.#waiting.splice(0)) this.#tellWhole(waiting)
    } else if (this.#live !== null) this.#waiting.push(place)
    else this.#tellWhole(place)
  }

  #begin(place: { readonly outputIndex: number; readonly item: JsonRecord }): ItemReader {
    if (!this.#isStarted) this.#takeEnvelope({})
    this.#told.add(place.outputIndex)
    const reader = new ItemReader(place, {
      emit: this.#emit,
      nextIndex: () => this.#blocks++,
      notice: (block) => {
        this.#hasToolCall ||= block.type === 'tool_call'
        this.#hasRefusal ||= block.type === 'refusal'
      },
    })
    if (reader.id !== '') this.#told.add(reader.id)
    this.#live = reader
    return reader
  }

  #tellWhole(place: { readonly outputIndex: number; readonly item: JsonRecord }): void {
    if (this.#isTold(place)) return
    this.#begin(place).finish(place.item)
    this.#live = null
  }

  /** By its id where it has one: some servers give every item the same index. */
  #isTold({
    outputIndex,
    item: { id },
  }: {
    readonly outputIndex: number
    readonly item: JsonRecord
  }): boolean {
    return this.#told.has(typeof id === 'string' && id !== '' ? id : outputIndex)
  }

  #takeEnd(type: string, response: JsonRecord): void {
    this.#takeEnvelope(response)
    const output = Array.isArray(response['output']) ? response['output'] : []
    const items = output.map((item, outputIndex) => ({ outputIndex, item: isRecord(item) ? item : {} }))
    const live = this.#live
    this.#live = null
    if (live !== null) {
      const last = items.find((place) => isSame(live, place))
      if (last === undefined) live.close()
      else live.finish(last.item)
    }
    for (const place of [...this.#waiting.splice(0), ...items]) this.#tellWhole(place)
    const content = { hasToolCall: this.#hasToolCall, hasRefusal: this.#hasRefusal }
    const status = type === 'response.incomplete' ? 'incomplete' : response['status']
    const reason = readStopReason({ ...response, status }, content)
    this.#emit({ type: 'finish', reason, stopSequence: null })
    this.#emit({ type: 'end' })
  }

  #takeOther(json: JsonRecord): void {
    const { sequence_number: _number, obfuscation: _padding, ...value } = json
    const isAboutItem = typeof value['item_id'] === 'string' && typeof value['output_index'] === 'number'
    if (isAboutItem) {
      // Of an item that has to wait only its end counts.
      const live = this.#live
      if (live !== null && live.outputIndex === value['output_index']) live.take(value)
      else this.#takeOrphan(value)
      return
    }
    if (this.#isStarted) this.#emit({ type: 'opaque', format: 'openai-responses', value })
  }

  /** Text whose item nobody announced: some servers leave that out. */
  #takeOrphan(value: JsonRecord): void {
    const { type, item_id, output_index } = value
    if (this.#live !== null || (type !== 'response.output_text.delta' && type !== 'response.refusal.delta'))
      return
    const place = { outputIndex: Number(output_index), item: { type: 'message', id: item_id } }
    if (!this.#isTold(place)) this.#begin(place).take(value)
  }
}

function placeOf(json: JsonRecord, fallback: number): { outputIndex: number; item: JsonRecord } {
  const { output_index, item } = json
  return {
    outputIndex: typeof output_index === 'number' ? output_index : fallback,
    item: isRecord(item) ? item : {},
  }
}

function isSame(live: ItemReader, { outputIndex, item }: { outputIndex: number; item: JsonRecord }): boolean {
  const id = stringOr(item['id'])
  return live.id !== '' && id !== '' ? live.id === id : live.outputIndex === outputIndex
}

function stringOr(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
