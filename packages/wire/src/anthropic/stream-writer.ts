import { randomUUID } from 'node:crypto'
import type { StreamWriter, WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createEventOrder } from '../model/event-order.ts'
import type { ModelBlock, ModelDelta, ModelEvent, ModelUsage } from '../model/event.ts'
import { createFindTool } from '../model/tool-names.ts'
import type { FindTool } from '../model/tool-names.ts'
import { mergeUsage } from '../model/usage.ts'
import { writeAnthropicError } from './error.ts'
import { writeStopReason } from './stop-reason.ts'
import { markSignature } from './thinking-mark.ts'
import { writeAnthropicUsage } from './usage.ts'
import { startBlock } from './write-block.ts'

interface OpenBlock {
  readonly block: ModelBlock
  /** null while a block is left out. */
  readonly index: number | null
  signature: string
}

/**
 * Writes the stream of `POST /v1/messages`. `message_start` waits for the event after it, which may bring the usage it
 * carries; the stop reason waits for the end, where `message_delta` says it together with the final usage.
 */
export function createAnthropicStreamWriter(loss: LossReport, options: WriteOptions = {}): StreamWriter {
  return new MessagesStreamWriter(loss, options)
}

class MessagesStreamWriter implements StreamWriter {
  readonly #check = createEventOrder()
  readonly #loss: LossReport
  readonly #options: WriteOptions
  readonly #findTool: FindTool
  #pendingStart: Extract<ModelEvent, { type: 'start' }> | null = null
  #isStarted = false
  #isOver = false
  #usage: ModelUsage | null = null
  #open: OpenBlock | null = null
  #nextIndex = 0
  #finish: Extract<ModelEvent, { type: 'finish' }> | null = null
  #riding: { readonly delta: object; readonly usage: object } = { delta: {}, usage: {} }
  #hasReportedEvent = false

  constructor(loss: LossReport, options: WriteOptions) {
    this.#loss = loss
    this.#options = options
    this.#findTool = createFindTool(options.tools)
  }

  write(event: ModelEvent): string {
    this.#check(event)
    switch (event.type) {
      case 'start':
        this.#pendingStart = event
        return ''
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        return ''
      case 'block_start':
        return this.#flushStart() + this.#startBlock(event.block, event.index)
      case 'block_delta':
        return this.#writeDelta(event.delta)
      case 'block_stop':
        return this.#stopBlock()
      case 'finish':
        this.#finish = event
        return ''
      case 'ping':
        return this.#flushStart() + (this.#isStarted ? sse('ping', {}) : '')
      case 'opaque':
        return this.#writeOpaque(event)
      case 'end':
        this.#isOver = true
        return this.#flushStart() + this.#end()
      case 'error':
        this.#isOver = true
        return sse('error', writeAnthropicError(event.error))
    }
  }

  keepAlive(): string {
    if (this.#isOver) return ''
    const start = this.#flushStart()
    return this.#isStarted ? start + sse('ping', {}) : ': keep-alive\n\n'
  }

  #flushStart(): string {
    if (this.#pendingStart === null) return ''
    const { id, model } = this.#pendingStart
    this.#pendingStart = null
    this.#isStarted = true
    return sse('message_start', { message: writeMessage(id, this.#options.model ?? model, this.#usage) })
  }

  #startBlock(block: ModelBlock, eventIndex: number): string {
    const content = startBlock(block, eventIndex, { loss: this.#loss, findTool: this.#findTool })
    const index = content === null ? null : this.#nextIndex++
    this.#open = { block, index, signature: '' }
    return content === null ? '' : sse('content_block_start', { index, content_block: content })
  }

  #writeDelta(delta: ModelDelta): string {
    if (this.#open === null || this.#open.index === null) return ''
    const { index } = this.#open
    if (delta.type === 'signature') this.#open.signature += delta.signature
    const written = writeDelta(delta)
    if (written !== null) return sse('content_block_delta', { index, delta: written })
    if (delta.type === 'opaque') {
      this.#loss.add(
        'dropped',
        'delta-unsupported',
        `/content/${index}`,
        'A part of a block has no counterpart.',
      )
    }
    return ''
  }

  /** The official SDK keeps the last signature it is given, so it is written once, whole. */
  #stopBlock(): string {
    if (this.#open === null || this.#open.index === null) return ''
    const { block, index, signature } = this.#open
    this.#open = null
    const mark = block.type === 'thinking' ? markSignature(block.issuer, signature) : ''
    const delta = { type: 'signature_delta', signature: mark }
    return (
      (mark === '' ? '' : sse('content_block_delta', { index, delta })) + sse('content_block_stop', { index })
    )
  }

  #writeOpaque({ format, value }: Extract<ModelEvent, { type: 'opaque' }>): string {
    if (format !== 'anthropic' || !isRecord(value)) {
      if (!this.#hasReportedEvent) {
        this.#loss.add('dropped', 'event-unsupported', '', `Events of ${format} have no counterpart.`)
      }
      this.#hasReportedEvent = true
      return ''
    }
    const { type, delta, usage } = value
    if (type !== 'message_delta')
      return this.#flushStart() + sse(typeof type === 'string' ? type : 'unknown', value)
    const riding = this.#riding
    this.#riding = {
      delta: { ...riding.delta, ...Object(delta) },
      usage: { ...riding.usage, ...Object(usage) },
    }
    return ''
  }

  #end(): string {
    const stop_reason = this.#finish === null ? null : writeStopReason(this.#finish.reason, this.#loss)
    const stop_sequence = this.#finish?.stopSequence ?? null
    const usage = { ...writeAnthropicUsage(this.#usage), ...this.#riding.usage }
    const delta = { stop_reason, stop_sequence, ...this.#riding.delta }
    return sse('message_delta', { delta, usage }) + sse('message_stop', {})
  }
}

function sse(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

function writeMessage(id: string, model: string, usage: ModelUsage | null): Record<string, unknown> {
  return {
    id: id === '' ? `msg_${randomUUID()}` : id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: writeAnthropicUsage(usage),
  }
}

/** null for a delta that is written at the block's end or has no counterpart. */
function writeDelta(delta: ModelDelta): Record<string, unknown> | null {
  switch (delta.type) {
    case 'text':
    case 'refusal':
      return { type: 'text_delta', text: delta.text }
    case 'thinking':
      return { type: 'thinking_delta', thinking: delta.text }
    case 'arguments':
      return { type: 'input_json_delta', partial_json: delta.json }
    case 'signature':
      return null
    case 'opaque':
      return delta.format === 'anthropic' && isRecord(delta.value) ? delta.value : null
  }
}
