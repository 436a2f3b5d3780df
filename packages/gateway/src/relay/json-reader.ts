import type { ModelEvent } from '@agentproxy/plugin'
import type { Format, StreamReader } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { BodyBuffer } from './body-buffer.ts'

/** Reads a JSON answer as the events its stream would have had, all at its end. */
export function createJsonReader(format: Format, maxBytes: number): StreamReader {
  const body = new BodyBuffer(maxBytes)
  return {
    push(chunk) {
      return body.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
        ? []
        : [{ type: 'error', error: body.overflow }]
    },
    end(): ModelEvent[] {
      let document: unknown
      try {
        document = JSON.parse(body.take().toString())
      } catch {
        const message = 'The upstream answered with something that is not JSON.'
        return [{ type: 'error', error: failure('upstream', message) }]
      }
      return format.readResponse(document)
    },
  }
}
