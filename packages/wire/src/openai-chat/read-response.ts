import { isRecord } from '../json/json-record.ts'
import type { ModelEvent } from '../model/event.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import { ChatAnswerEvents } from './answer-events.ts'

/** Reads a JSON answer as the one chunk its stream could have been. */
export function readOpenaiChatResponse(body: unknown): ModelEvent[] {
  const events: ModelEvent[] = []
  const isOver = (): boolean => events.at(-1)?.type === 'end' || events.at(-1)?.type === 'error'
  const answer = new ChatAnswerEvents((event) => {
    if (!isOver()) events.push(event)
  })
  if (isRecord(body) && (Array.isArray(body['choices']) || body['error'] !== undefined)) answer.take(body)
  answer.done()
  if (!isOver()) {
    events.push({
      type: 'error',
      error: streamError('upstream', 'The upstream answered something that is no chat completion.'),
    })
  }
  return events
}
