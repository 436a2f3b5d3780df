import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelEvent } from '../model/event.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import { MessagesAnswerEvents } from './answer-events.ts'

/** Reads a JSON answer by telling it as the stream it would have been. */
export function readAnthropicResponse(body: unknown): ModelEvent[] {
  const events: ModelEvent[] = []
  const answer = new MessagesAnswerEvents()
  for (const json of asStream(body)) answer.take(json, (event) => events.push(event))
  if (events.at(-1)?.type !== 'end' && events.at(-1)?.type !== 'error') {
    events.push({
      type: 'error',
      error: streamError('upstream', 'The upstream answered something that is no message.'),
    })
  }
  return events
}

function* asStream(body: unknown): Generator<JsonRecord> {
  if (!isRecord(body)) return
  if (body['type'] === 'error') return yield body
  const { content, stop_reason, stop_sequence, usage, type: _type, role: _role, ...rest } = body
  if (!Array.isArray(content)) return
  const { id, model, ...fields } = rest
  yield { type: 'message_start', message: { id, model } }
  for (const [index, block] of content.entries()) yield* blockAsStream(index, isRecord(block) ? block : {})
  yield { type: 'message_delta', delta: { stop_reason, stop_sequence, ...fields }, usage }
  yield { type: 'message_stop' }
}

function* blockAsStream(index: number, block: JsonRecord): Generator<JsonRecord> {
  yield { type: 'content_block_start', index, content_block: emptied(block) }
  for (const delta of deltasOf(block)) yield { type: 'content_block_delta', index, delta }
  yield { type: 'content_block_stop', index }
}

/** The block as its stream starts it: what deltas bring is left out. */
function emptied(block: JsonRecord): JsonRecord {
  if (block['type'] === 'text') return { ...block, text: '', citations: undefined }
  return hasStreamedInput(block) ? { ...block, input: {} } : block
}

function* deltasOf(block: JsonRecord): Generator<JsonRecord> {
  if (block['type'] === 'text') {
    const { text, citations } = block
    if (typeof text === 'string' && text !== '') yield { type: 'text_delta', text }
    if (Array.isArray(citations))
      for (const citation of citations) yield { type: 'citations_delta', citation }
  }
  if (hasStreamedInput(block))
    yield { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) }
}

function hasStreamedInput({ type, input }: JsonRecord): boolean {
  return (
    typeof type === 'string' && type.endsWith('tool_use') && isRecord(input) && Object.keys(input).length > 0
  )
}
