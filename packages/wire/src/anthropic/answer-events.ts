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
export class MessagesAnswerEvents {
  readonly #blocks = createBlockReader()
  #rawUsage: JsonRecord = {}
  #usage: ModelUsage | null = null
  #isStarted = false
  #isFinished = false

  take(json: JsonRecord, emit: Emit): void {
    const { type } = json
    if (type === 'error') return emit({ type: 'error', error: readAnthropicStreamError(json) })
    if (type === 'ping') return emit({ type: 'ping' })
    const message = type === 'message_start' && isRecord(json['message']) ? json['message'] : {}
    this.#start(message, emit)
    switch (type) {
      case 'message_start':
        return this.#takeUsage(message['usage'], emit)
      case 'content_block_start':
      case 'content_block_delta':
      case 'content_block_stop':
        return this.#takeBlock(type, json, emit)
      case 'message_delta':
        return this.#takeMessageDelta(json, emit)
      case 'message_stop':
        this.#finish({}, emit)
        return emit({ type: 'end' })
      default:
        emit({ type: 'opaque', format: 'anthropic', value: json })
    }
  }

  #start({ id, model }: JsonRecord, emit: Emit): void {
    if (this.#isStarted) return
    this.#isStarted = true
    emit({ type: 'start', id: stringOr(id, ''), model: stringOr(model, '') })
  }

  #takeBlock(type: string, json: JsonRecord, emit: Emit): void {
    if (this.#isFinished) {
      const error = streamError('upstream', `The upstream sent "${type}" after its stop reason.`)
      emit({ type: 'error', error })
    } else if (type === 'content_block_start') this.#blocks.start(json, emit)
    else if (type === 'content_block_delta') this.#blocks.delta(json, emit)
    else this.#blocks.close(emit)
  }

  #takeMessageDelta(json: JsonRecord, emit: Emit): void {
    const delta = isRecord(json['delta']) ? json['delta'] : {}
    const value = unreadFields(delta, json['usage'])
    if (value !== null) emit({ type: 'opaque', format: 'anthropic', value })
    this.#takeUsage(json['usage'], emit)
    if (typeof delta['stop_reason'] === 'string') this.#finish(delta, emit)
  }

  #takeUsage(raw: unknown, emit: Emit): void {
    this.#rawUsage = mergeRawUsage(this.#rawUsage, raw)
    const usage = readAnthropicUsage(this.#rawUsage)
    if (usage === null || sameUsage(usage, this.#usage)) return
    this.#usage = usage
    emit({ type: 'usage', usage })
  }

  #finish(delta: JsonRecord, emit: Emit): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#blocks.close(emit)
    const fallback = this.#blocks.sawToolCall() ? 'tool_use' : 'end_turn'
    const reason = readStopReason(stringOr(delta['stop_reason'], '')) ?? fallback
    const stopSequence = typeof delta['stop_sequence'] === 'string' ? delta['stop_sequence'] : null
    emit({ type: 'finish', reason, stopSequence })
  }
}

/** The parts of a `message_delta` that the neutral events do not carry, in its own shape; null when there are none. */
function unreadFields(delta: JsonRecord, usage: unknown): JsonRecord | null {
  const { stop_reason, stop_sequence: _sequence, ...rest } = delta
  const fields: Record<string, unknown> = withoutNulls(rest)
  if (typeof stop_reason === 'string' && readStopReason(stop_reason) === null)
    fields['stop_reason'] = stop_reason
  const counts = isRecord(usage)
    ? withoutNulls(Object.fromEntries(Object.entries(usage).filter(([key]) => !READ_USAGE.has(key))))
    : {}
  const isEmpty = Object.keys(fields).length === 0 && Object.keys(counts).length === 0
  return isEmpty ? null : { type: 'message_delta', delta: fields, usage: counts }
}

function withoutNulls(fields: JsonRecord): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  )
}

function stringOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}
