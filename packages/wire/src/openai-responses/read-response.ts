import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelEvent } from '../model/event.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import { ResponsesAnswerEvents } from './answer-events.ts'

/** Reads a JSON answer as the last event of the stream it could have been, which holds all of it. */
export function readOpenaiResponsesResponse(body: unknown): ModelEvent[] {
  const events: ModelEvent[] = []
  const answer = new ResponsesAnswerEvents((event) => events.push(event))
  const last = isRecord(body) ? lastEvent(body) : null
  if (last !== null) answer.take(last)
  else events.push({ type: 'error', error: streamError('upstream', faultOf(body)) })
  return events
}

/** null for what is no finished response. */
function lastEvent(body: JsonRecord): JsonRecord | null {
  const { status, error, output } = body
  if (status === 'failed' || status === 'cancelled') return { type: 'response.failed', response: body }
  if (!Array.isArray(output)) return isRecord(error) ? { type: 'error', error } : null
  if (status === 'queued' || status === 'in_progress') return null
  return { type: status === 'incomplete' ? 'response.incomplete' : 'response.completed', response: body }
}

function faultOf(body: unknown): string {
  const isUnfinished = isRecord(body) && Array.isArray(body['output'])
  return isUnfinished
    ? 'The upstream answered before its response was finished.'
    : 'The upstream answered something that is no response.'
}
