/** A body as it is logged. */
export interface CapturedBody {
  readonly text: string
  /** All bytes that went by. */
  readonly bytes: number
  /** Those that are not in `text`, being over the limit. */
  readonly droppedBytes: number
  /** `whole`, `cancelled` by who reads it, or how it broke; `open` while it still runs. */
  readonly ended: string
}

/** Looks on while a body goes by, and keeps its beginning. */
export class Capture {
  readonly #limitBytes: number
  readonly #chunks: Uint8Array[] = []
  #kept = 0
  #bytes = 0
  #ended = 'open'

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength
    const room = this.#limitBytes - this.#kept
    if (room <= 0) return
    // A copy: the chunk goes on to others, who may take its memory over.
    const part = Uint8Array.from(chunk.subarray(0, room))
    this.#chunks.push(part)
    this.#kept += part.byteLength
  }

  end(how: string): void {
    this.#ended = how
  }

  read(redact: (text: string) => string): CapturedBody {
    return {
      text: this.#text(redact),
      bytes: this.#bytes,
      droppedBytes: this.#bytes - this.#kept,
      ended: this.#ended,
    }
  }

  #text(redact: (text: string) => string): string {
    const text = Buffer.concat(this.#chunks).toString()
    // Half a secret has no shape to be known by: where a body is cut, its last word goes.
    return redact(this.#bytes === this.#kept ? text : text.replace(/[^\s"',]{1,4096}$/, ''))
  }
}

/** The same stream, chunk by chunk as it is asked for; `done` is called once, however it ends. */
export function tapBody(
  body: ReadableStream<Uint8Array>,
  capture: Capture,
  done: () => void = () => {},
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const end = (how: string): void => {
    capture.end(how)
    done()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done: isDone, value } = await reader.read()
          if (isDone) {
            end('whole')
            controller.close()
            return
          }
          capture.push(value)
          controller.enqueue(value)
        } catch (error) {
          end(`broken: ${(error as Error).message}`)
          controller.error(error)
        }
      },
      async cancel(reason) {
        end('cancelled')
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
