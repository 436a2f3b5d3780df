import type { OutgoingMessage } from 'node:http'

/** How long the other side may take to read what came before a stream failed. */
const LAST_BYTES_MS = 5_000

/**
 * Writes a stream out as fast as the other side reads, and ends the message. Where the stream fails, or is not as long as
 * announced, the connection is closed without the end of the body; where the other side goes, the stream is cancelled.
 * Never rejects: gives what went wrong, null if nothing did.
 */
export async function pumpBody(
  body: ReadableStream<Uint8Array>,
  out: OutgoingMessage,
  { length }: { readonly length: number | null } = { length: null },
): Promise<Error | null> {
  const reader = body.getReader()
  const gone = (): void => void reader.cancel(new Error('the other side has gone')).catch(() => {})
  // A head whose body keeps us waiting goes out by itself.
  const early = setImmediate(() => out.flushHeaders())
  let written = Promise.resolve()
  out.once('close', gone)
  try {
    let size = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (isClosed(out)) return null
      if (done) break
      size += checkChunk(value)
      if (length !== null && size > length) throw new RangeError(`the body is longer than ${length} bytes`)
      if (value.length === 0) continue
      const { flowing, flushed } = write(out, value)
      written = flushed
      if (!flowing) await ready(out)
    }
    if (length !== null && size < length)
      throw new RangeError(`the body ended after ${size} of ${length} bytes`)
    out.end()
    return null
  } catch (thrown) {
    if (isClosed(out)) return null
    void reader.cancel(thrown).catch(() => {})
    void destroyAfter(written, out)
    return thrown instanceof Error ? thrown : new Error(String(thrown))
  } finally {
    clearImmediate(early)
    out.off('close', gone)
  }
}

function checkChunk(chunk: unknown): number {
  if (chunk instanceof Uint8Array) return chunk.length
  throw new TypeError('a body must be of bytes')
}

function isClosed(out: OutgoingMessage): boolean {
  return out.destroyed || out.closed
}

interface Written {
  /** Whether more may be written at once. */
  readonly flowing: boolean
  /** Settles when the bytes are on their way. */
  readonly flushed: Promise<void>
}

function write(out: OutgoingMessage, chunk: Uint8Array): Written {
  let flowing = true
  const flushed = new Promise<void>((resolve) => {
    flowing = out.write(chunk, () => resolve())
  })
  return { flowing, flushed }
}

function ready(out: OutgoingMessage): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      out.off('drain', settle)
      out.off('close', settle)
      resolve()
    }
    out.on('drain', settle)
    out.on('close', settle)
  })
}

/** A destroyed connection forgets what it has not sent yet. */
async function destroyAfter(written: Promise<void>, out: OutgoingMessage): Promise<void> {
  const late = setTimeout(() => out.destroy(), LAST_BYTES_MS)
  out.once('close', () => clearTimeout(late))
  await written
  out.destroy()
}
