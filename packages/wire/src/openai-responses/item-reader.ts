import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelBlock, ModelDelta } from '../model/event.ts'
import type { ItemNames } from '../model/request.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { partDelta } from './block-parts.ts'
import { freeformJson } from '../model/freeform-input.ts'
import { reasoningText } from './read-reasoning.ts'
import { readReasoningMark } from './reasoning-mark.ts'
import { flatName } from './tool-name.ts'

/** Fields that blocks and their deltas say by themselves. */
const READ: Readonly<Record<string, readonly string[]>> = {
  message: ['type', 'id', 'status', 'role', 'content'],
  reasoning: ['type', 'id', 'status', 'summary', 'content', 'encrypted_content'],
  function_call: ['type', 'id', 'status', 'call_id', 'name', 'namespace', 'arguments'],
  custom_tool_call: ['type', 'id', 'status', 'call_id', 'name', 'namespace', 'input'],
}

/** Told of every block, for the reason the answer stopped. */
export type Notice = (block: ModelBlock) => void

/** Tells one output item as blocks. An item is told as it streams, or whole by `finish` alone. */
export class ItemReader {
  readonly outputIndex: number
  readonly id: string
  readonly #kind: unknown
  readonly #names: ItemNames
  readonly #emit: Emit
  readonly #nextIndex: () => number
  readonly #notice: Notice
  #open: { readonly index: number; readonly part: number } | null = null
  #nextPart = 0
  #length = 0
  #annotations = 0
  #hasLogprobs = false
  #summaries = 0

  constructor(
    place: { readonly outputIndex: number; readonly item: JsonRecord },
    to: { readonly emit: Emit; readonly nextIndex: () => number; readonly notice: Notice },
  ) {
    const { id, type } = place.item
    this.outputIndex = place.outputIndex
    this.id = typeof id === 'string' ? id : ''
    this.#kind = type
    this.#names = this.id === '' ? {} : { id: this.id }
    this.#emit = to.emit
    this.#nextIndex = to.nextIndex
    this.#notice = to.notice
    this.#begin(place.item)
  }

  /** Takes an event about this item. */
  take(json: JsonRecord): void {
    const { type, delta } = json
    const text = typeof delta === 'string' ? delta : ''
    switch (type) {
      case 'response.content_part.added':
        return this.#kind === 'message' ? this.#openPart(json['content_index'], json['part']) : undefined
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return this.#takeText(json, type === 'response.refusal.delta', text)
      case 'response.output_text.annotation.added':
        this.#annotations += 1
        return this.#send(partDelta({ annotation: json['annotation'] }))
      case 'response.content_part.done':
        return json['content_index'] === this.#open?.part ? this.#finishPart(json['part']) : undefined
      case 'response.output_text.done':
      case 'response.refusal.done':
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.done':
      case 'response.reasoning_summary_text.done':
      case 'response.reasoning_summary_part.done':
      case 'response.reasoning_text.done':
        return
      case 'response.reasoning_summary_part.added':
        this.#summaries += 1
        return this.#summaries > 1 && this.#length > 0 ? this.#think('\n\n') : undefined
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#think(text)
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#takeArguments(text)
      default: {
        const { sequence_number: _number, ...event } = json
        if (READ[String(this.#kind)] === undefined) this.#send(partDelta({ event }))
      }
    }
  }

  /** The item as it ended: brings what the stream did not. */
  finish(item: JsonRecord): void {
    const read = READ[String(this.#kind)]
    if (read === undefined) this.#send(partDelta({ item }))
    else {
      if (this.#kind === 'message') this.#finishMessage(item['content'])
      else if (this.#kind === 'reasoning') this.#finishReasoning(item)
      else this.#finishCall(item)
      const rest = Object.fromEntries(
        Object.entries(item).filter(([key, value]) => !read.includes(key) && value !== null),
      )
      if (Object.keys(rest).length > 0) this.#send(partDelta({ item: rest }))
    }
    this.close()
  }

  /** Ends the item where the stream left it. */
  close(): void {
    if (this.#open === null) return
    const { index } = this.#open
    this.#open = null
    this.#emit({ type: 'block_stop', index })
  }

  #begin(item: JsonRecord): void {
    const { call_id, name, namespace, encrypted_content } = item
    switch (this.#kind) {
      case 'message':
        return
      case 'reasoning': {
        const mark = readReasoningMark(typeof encrypted_content === 'string' ? encrypted_content : '')
        const { issuer, signature } = mark
        if (mark.isRedacted) return this.#start({ type: 'redacted_thinking', issuer, data: signature })
        return this.#start({ type: 'thinking', issuer, item: this.#names })
      }
      case 'function_call':
      case 'custom_tool_call': {
        const space = typeof namespace === 'string' ? namespace : undefined
        this.#start({
          type: 'tool_call',
          id: typeof call_id === 'string' ? call_id : this.id,
          name: flatName(space, typeof name === 'string' ? name : ''),
          ...(space === undefined ? {} : { namespace: space }),
          ...(this.#kind === 'custom_tool_call' ? { freeform: true } : {}),
          item: this.#names,
        })
        return
      }
      default:
        this.#start({ type: 'opaque', format: 'openai-responses', value: item })
    }
  }

  #start(block: ModelBlock, part = 0): void {
    this.close()
    const index = this.#nextIndex()
    this.#open = { index, part }
    this.#length = 0
    this.#annotations = 0
    this.#hasLogprobs = false
    this.#notice(block)
    this.#emit({ type: 'block_start', index, block })
  }

  #send(delta: ModelDelta): void {
    if (this.#open !== null) this.#emit({ type: 'block_delta', index: this.#open.index, delta })
  }

  #openPart(contentIndex: unknown, part: unknown): void {
    const index = typeof contentIndex === 'number' ? contentIndex : this.#nextPart
    if (index < this.#nextPart) return
    const type = isRecord(part) ? part['type'] : undefined
    const item = this.#nextPart === 0 ? { item: this.#names } : {}
    this.#nextPart = index + 1
    if (type === 'output_text') this.#start({ type: 'text', ...item }, index)
    else if (type === 'refusal') this.#start({ type, ...item }, index)
    else this.#start({ type: 'opaque', format: 'openai-responses', value: this.#partItem(part) }, index)
  }

  /** A part nobody here knows, as an item of its own. */
  #partItem(part: unknown): JsonRecord {
    return { type: 'message', ...this.#names, role: 'assistant', status: 'completed', content: [part] }
  }

  #takeText(json: JsonRecord, isRefusal: boolean, text: string): void {
    if (this.#kind !== 'message') return
    // Some servers do not announce their parts.
    this.#openPart(json['content_index'], { type: isRefusal ? 'refusal' : 'output_text' })
    this.#sendText(isRefusal ? 'refusal' : 'text', text)
  }

  #sendText(type: 'text' | 'refusal', text: string): void {
    if (text === '') return
    this.#length += text.length
    this.#send({ type, text })
  }

  #think(text: string): void {
    if (text === '') return
    this.#length += text.length
    this.#send({ type: 'thinking', text })
  }

  #takeArguments(text: string): void {
    if (text === '') return
    if (this.#kind !== 'custom_tool_call') this.#send({ type: 'arguments', json: text })
    else {
      const head = this.#length === 0 ? freeformJson.head : ''
      this.#send({ type: 'arguments', json: head + freeformJson.piece(text) })
    }
    this.#length += text.length
  }

  #finishPart(value: unknown): void {
    if (this.#kind !== 'message') return
    const part = isRecord(value) ? value : {}
    const { type, text, refusal, annotations, logprobs } = part
    const whole = type === 'refusal' ? refusal : text
    if (type !== 'output_text' && type !== 'refusal')
      return this.#send(partDelta({ item: this.#partItem(value) }))
    if (typeof whole === 'string') {
      this.#sendText(type === 'refusal' ? 'refusal' : 'text', whole.slice(this.#length))
    }
    const all: readonly unknown[] = Array.isArray(annotations) ? annotations : []
    for (const annotation of all.slice(this.#annotations)) this.#send(partDelta({ annotation }))
    this.#annotations = Math.max(this.#annotations, all.length)
    if (!Array.isArray(logprobs) || logprobs.length === 0 || this.#hasLogprobs) return
    this.#hasLogprobs = true
    this.#send(partDelta({ logprobs }))
  }

  /** Parts that `content_part.done` has finished are left as they are. */
  #finishMessage(content: unknown): void {
    for (const [index, part] of (Array.isArray(content) ? content : []).entries()) {
      if (index >= this.#nextPart) this.#openPart(index, part)
      else if (index !== this.#open?.part) continue
      this.#finishPart(part)
    }
  }

  #finishReasoning(item: JsonRecord): void {
    if (this.#length === 0) this.#think(reasoningText(item))
    const { encrypted_content } = item
    const mark = readReasoningMark(typeof encrypted_content === 'string' ? encrypted_content : '')
    const { signature, isRedacted } = mark
    if (signature !== '' && !isRedacted) this.#send({ type: 'signature', signature })
  }

  #finishCall(item: JsonRecord): void {
    const whole = this.#kind === 'custom_tool_call' ? item['input'] : item['arguments']
    const text = typeof whole === 'string' ? whole : whole === undefined ? '' : JSON.stringify(whole)
    this.#takeArguments(text.slice(this.#length))
    if (this.#kind !== 'custom_tool_call') return
    const head = this.#length === 0 ? freeformJson.head : ''
    this.#send({ type: 'arguments', json: head + freeformJson.tail })
  }
}
