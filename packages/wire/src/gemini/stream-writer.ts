import type { StreamWriter, WriteOptions } from '../format.ts'
import type { LossReport } from '../loss.ts'
import type { ModelEvent } from '../model/event.ts'
import { AnswerChunks } from './answer-chunks.ts'
import type { Chunk } from './answer-chunks.ts'
import { writeGeminiError } from './error.ts'

/** Writes the stream of `:streamGenerateContent?alt=sse`: data lines only, and no mark at the end but the end itself. */
export function createGeminiStreamWriter(loss: LossReport, options: WriteOptions = {}): StreamWriter {
  const chunks = new AnswerChunks(loss, options)
  let isOver = false
  return {
    write(event: ModelEvent): string {
      if (event.type !== 'error') {
        const written = chunks.take(event).map(sse).join('')
        isOver ||= event.type === 'end'
        return written
      }
      chunks.fail(event.error)
      isOver = true
      const body = writeGeminiError(event.error)
      // The official SDK does not look for errors in events, but throws what is left after the last of them.
      return `${sse(body)}${JSON.stringify(body)}`
    },
    keepAlive: () => (isOver ? '' : sse(chunks.idle())),
  }
}

function sse(chunk: Chunk): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}
