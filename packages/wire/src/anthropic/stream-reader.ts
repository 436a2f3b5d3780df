import type { ReadStreamOptions, StreamReader } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import { createSseStreamReader, notJson, parseData } from '../sse/sse-stream-reader.ts'
import { MessagesAnswerEvents } from './answer-events.ts'

/** Reads the stream of `POST /v1/messages`. Only `message_stop` or an error ends it; anything else is a truncation. */
export function createAnthropicStreamReader(options?: ReadStreamOptions): StreamReader {
  const answer = new MessagesAnswerEvents()
  return createSseStreamReader(
    {
      take({ event, data }, emit) {
        const json = parseData(data)
        if (isRecord(json))
          return answer.take(typeof json['type'] === 'string' ? json : { ...json, type: event }, emit)
        // Some proxies append OpenAI's end mark.
        if (data.trim() === '' || data === '[DONE]') return
        emit(notJson(data))
      },
      finish() {},
    },
    options,
  )
}
