import { isRecord } from '../json/json-record.ts'
import type { ModelEvent } from '../model/event.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import { GeminiAnswerEvents } from './answer-events.ts'

/** Reads a JSON answer, or the array of chunks that a stream without `alt=sse` is. */
export function readGeminiResponse(body: unknown): ModelEvent[] {
  const events: ModelEvent[] = []
  const isOver = (): boolean => events.at(-1)?.type === 'end' || events.at(-1)?.type === 'error'
  const answer = new GeminiAnswerEvents((event) => {
    if (!isOver()) events.push(event)
  })
  const chunks: readonly unknown[] = Array.isArray(body) ? body : [body]
  for (const chunk of chunks) if (isRecord(chunk)) answer.take(chunk)
  answer.eof()
  if (!isOver()) {
    const message = 'The upstream answered something that is no whole generateContent answer.'
    events.push({ type: 'error', error: streamError('upstream', message) })
  }
  return events
}
