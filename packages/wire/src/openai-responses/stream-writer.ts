import type { StreamWriter, WriteOptions } from '../format.ts'
import type { LossReport } from '../loss.ts'
import { ResponseWriter } from './response-writer.ts'

/** Writes the stream of `POST /v1/responses`: every item with its beginning and its end, the whole answer last. */
export function createOpenaiResponsesStreamWriter(
  loss: LossReport,
  options: WriteOptions = {},
): StreamWriter {
  const response = new ResponseWriter(loss, options)
  let isOver = false
  return {
    write(event) {
      const text = response.write(event).map(sse).join('')
      isOver ||= event.type === 'end' || event.type === 'error'
      return event.type === 'ping' ? `${text}: ping\n\n` : text
    },
    keepAlive() {
      return isOver ? '' : ': keep-alive\n\n'
    },
  }
}

function sse(event: Readonly<Record<string, unknown>>): string {
  return `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`
}
