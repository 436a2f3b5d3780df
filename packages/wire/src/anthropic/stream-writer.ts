import { randomUUID } from 'node:crypto'
import type { StreamWriter, WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createEventOrder } from '../model/event-order.ts'
import type { ModelBlock, ModelDelta, ModelEvent, ModelUsage } from '../model/event.ts'
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
  const check = createEventOrder()
  let pendingStart: Extract<ModelEvent, { type: 'start' }> | null = null
  let isStarted = false
  let isOver = false
  let usage: ModelUsage | null = null
  let open: OpenBlock | null = null
  let nextIndex = 0
  let finish: Extract<ModelEvent, { type: 'finish' }> | null = null
  let unread: { delta: object; usage: object } = { delta: {}, usage: {} }
  let hasReportedEvent = false

  const flushStart = (): string => {
    if (pendingStart === null) return ''
    const { id, model } = pendingStart
    pendingStart = null
    isStarted = true
    return sse('message_start', { message: writeMessage(id, options.model ?? model, usage) })
  }
  const start = (block: ModelBlock, index: number): string => {
    const content = startBlock(block, index, loss)
    open = { block, index: content === null ? null : nextIndex++, signature: '' }
    return content === null ? '' : sse('content_block_start', { index: open.index, content_block: content })
  }
  const delta = (value: ModelDelta): string => {
    if (open === null || open.index === null) return ''
    if (value.type === 'signature') open.signature += value.signature
    const written = writeDelta(value)
    if (written !== null) return sse('content_block_delta', { index: open.index, delta: written })
    if (value.type === 'opaque') loss.add('dropped', 'delta-unsupported', `/content/${open.index}`, 'A part of a block has no counterpart.')
    return ''
  }
  const stop = (): string => {
    if (open === null || open.index === null) return ''
    const { block, index, signature } = open
    const mark = block.type === 'thinking' ? markSignature(block.issuer, signature) : ''
    const signed = mark === '' ? '' : sse('content_block_delta', { index, delta: { type: 'signature_delta', signature: mark } })
    open = null
    return signed + sse('content_block_stop', { index })
  }
  const opaque = ({ format, value }: Extract<ModelEvent, { type: 'opaque' }>): string => {
    if (format !== 'anthropic' || !isRecord(value)) {
      if (!hasReportedEvent) loss.add('dropped', 'event-unsupported', '', `Events of ${format} have no counterpart.`)
      hasReportedEvent = true
      return ''
    }
    if (value['type'] === 'message_delta') {
      unread = { delta: { ...unread.delta, ...Object(value['delta']) }, usage: { ...unread.usage, ...Object(value['usage']) } }
      return ''
    }
    return flushStart() + sse(typeof value['type'] === 'string' ? value['type'] : 'unknown', value)
  }
  const end = (): string => {
    const stopReason = finish === null ? null : writeStopReason(finish.reason)
    const reason = { stop_reason: stopReason, stop_sequence: finish?.stopSequence ?? null, ...unread.delta }
    const counts = { ...writeAnthropicUsage(usage), ...unread.usage }
    return sse('message_delta', { delta: reason, usage: counts }) + sse('message_stop', {})
  }

  return {
    write(event) {
      check(event)
      switch (event.type) {
        case 'start':
          pendingStart = event
          return ''
        case 'usage':
          usage = mergeUsage(usage, event.usage)
          return ''
        case 'block_start':
          return flushStart() + start(event.block, event.index)
        case 'block_delta':
          return delta(event.delta)
        case 'block_stop':
          return stop()
        case 'finish':
          finish = event
          return ''
        case 'ping':
          return flushStart() + (isStarted ? sse('ping', {}) : '')
        case 'opaque':
          return opaque(event)
        case 'end':
          isOver = true
          return flushStart() + end()
        case 'error':
          isOver = true
          return sse('error', writeAnthropicError(event.error))
      }
    },
    keepAlive() {
      if (isOver) return ''
      const started = flushStart()
      return isStarted ? started + sse('ping', {}) : ': keep-alive\n\n'
    },
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
