import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { sameUsage } from '../model/usage.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { createBlockReader } from './block-reader.ts'
import { readAnthropicStreamError } from './error.ts'
import { readStopReason } from './stop-reason.ts'
import { mergeRawUsage, readAnthropicUsage } from './usage.ts'

const READ_USAGE = new Set([
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'output_tokens_details',
])

/** Turns the objects of a Messages stream into neutral events, one by one. */
export function createAnswerEvents(): (json: JsonRecord, emit: Emit) => void {
  const blocks = createBlockReader()
  let rawUsage: JsonRecord = {}
  let lastUsage: ModelUsage | null = null
  let isStarted = false
  let isFinished = false

  const start = (message: JsonRecord, emit: Emit): void => {
    if (isStarted) return
    isStarted = true
    emit({ type: 'start', id: stringOr(message['id'], ''), model: stringOr(message['model'], '') })
  }
  const takeUsage = (raw: unknown, emit: Emit): void => {
    rawUsage = mergeRawUsage(rawUsage, raw)
    const usage = readAnthropicUsage(rawUsage)
    if (usage === null || sameUsage(usage, lastUsage)) return
    lastUsage = usage
    emit({ type: 'usage', usage })
  }
  const finish = (delta: JsonRecord, emit: Emit): void => {
    if (isFinished) return
    isFinished = true
    blocks.close(emit)
    const reason = readStopReason(stringOr(delta['stop_reason'], '')) ?? (blocks.sawToolCall() ? 'tool_use' : 'end_turn')
    const stopSequence = typeof delta['stop_sequence'] === 'string' ? delta['stop_sequence'] : null
    emit({ type: 'finish', reason, stopSequence })
  }

  return (json, emit) => {
    const type = json['type']
    if (type === 'error') return emit({ type: 'error', error: readAnthropicStreamError(json) })
    if (type === 'ping') return emit({ type: 'ping' })
    if (type === 'message_start') {
      const message = isRecord(json['message']) ? json['message'] : {}
      start(message, emit)
      return takeUsage(message['usage'], emit)
    }
    start({}, emit)
    if (isFinished && typeof type === 'string' && type.startsWith('content_block_')) {
      const error = streamError('upstream', `The upstream sent "${type}" after its stop reason.`)
      return emit({ type: 'error', error })
    }
    switch (type) {
      case 'content_block_start':
        return blocks.start(json, emit)
      case 'content_block_delta':
        return blocks.delta(json, emit)
      case 'content_block_stop':
        return blocks.close(emit)
      case 'message_delta': {
        const delta = isRecord(json['delta']) ? json['delta'] : {}
        const unread = unreadFields(delta, json['usage'])
        if (unread !== null) emit({ type: 'opaque', format: 'anthropic', value: unread })
        takeUsage(json['usage'], emit)
        if (typeof delta['stop_reason'] === 'string') finish(delta, emit)
        return
      }
      case 'message_stop':
        finish({}, emit)
        return emit({ type: 'end' })
      default:
        emit({ type: 'opaque', format: 'anthropic', value: json })
    }
  }
}

/** The parts of a `message_delta` that the neutral events do not carry, in its own shape; null when there are none. */
function unreadFields(delta: JsonRecord, usage: unknown): JsonRecord | null {
  const { stop_reason, stop_sequence: _sequence, ...rest } = delta
  const fields: Record<string, unknown> = withoutNulls(rest)
  if (typeof stop_reason === 'string' && readStopReason(stop_reason) === null) fields['stop_reason'] = stop_reason
  const counts = isRecord(usage)
    ? withoutNulls(Object.fromEntries(Object.entries(usage).filter(([key]) => !READ_USAGE.has(key))))
    : {}
  const isEmpty = Object.keys(fields).length === 0 && Object.keys(counts).length === 0
  return isEmpty ? null : { type: 'message_delta', delta: fields, usage: counts }
}

function withoutNulls(fields: JsonRecord): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
}

function stringOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}
