import type { ReadStreamOptions, StreamReader } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import { createSseStreamReader, notJson, parseData } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { GeminiAnswerEvents } from './answer-events.ts'

/** Reads the stream of `:streamGenerateContent?alt=sse`, which is whole where its bytes end after a finish reason. */
export function createGeminiStreamReader(options?: ReadStreamOptions): StreamReader {
  let emit: Emit | null = null
  const answer = new GeminiAnswerEvents((event) => emit?.(event))
  return createSseStreamReader(
    {
      take({ data }, out) {
        emit = out
        const json = parseData(data)
        if (isRecord(json)) return answer.take(json)
        // Some proxies append OpenAI's end mark.
        if (data.trim() === '' || data.trim() === '[DONE]') return
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
