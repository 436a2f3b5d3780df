import type { ReadStreamOptions, StreamReader } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import { createSseStreamReader, notJson, parseData } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { ResponsesAnswerEvents } from './answer-events.ts'

/** Reads the stream of `POST /v1/responses`. Only a `response.*` event that tells the end, or an error, ends it. */
export function createOpenaiResponsesStreamReader(options?: ReadStreamOptions): StreamReader {
  let emit: Emit | null = null
  const answer = new ResponsesAnswerEvents((event) => emit?.(event))
  return createSseStreamReader(
    {
      take({ event, data }, out) {
        emit = out
        const json = parseData(data)
        if (isRecord(json))
          return answer.take(typeof json['type'] === 'string' ? json : { ...json, type: event })
        // Compatible servers append the end mark of Chat Completions.
        if (data.trim() === '' || data.trim() === '[DONE]') return
        out(notJson(data))
      },
      finish() {},
    },
    options,
  )
}
