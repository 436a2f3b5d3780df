import type { ReadStreamOptions, StreamReader } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import { createSseStreamReader, notJson, parseData } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { ChatAnswerEvents } from './answer-events.ts'

/** Reads the stream of `POST /v1/chat/completions`; ends at `[DONE]`, or where the bytes end after a finish reason. */
export function createOpenaiChatStreamReader(options?: ReadStreamOptions): StreamReader {
  let emit: Emit | null = null
  const answer = new ChatAnswerEvents((event) => emit?.(event))
  return createSseStreamReader(
    {
      take({ data }, out) {
        emit = out
        if (data.trim() === '[DONE]') return answer.done()
        const json = parseData(data)
        if (isRecord(json)) return answer.take(json)
        if (data.trim() === '') return
        out(notJson(data))
      },
      finish(out) {
        emit = out
        answer.eof()
      },
    },
    options,
  )
}
