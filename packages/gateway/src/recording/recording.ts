/** One upstream call as it is kept in a file. */
export interface Recording {
  readonly version: 1
  /** Names what was asked, whatever in it changes from one time to the next; see `matchKey`. */
  readonly key: string
  /** When it was recorded, ISO 8601. */
  readonly at: string
  readonly request: {
    readonly method: string
    /** From the API's version on, without query. */
    readonly path: string
    /** An allow-list: no credential is among them. */
    readonly headers: Readonly<Record<string, string>>
    /** As JSON where it is JSON. */
    readonly body: unknown
  }
  readonly answer: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly chunks: readonly RecordedChunk[]
    /** `whole` as its framing says, `broken` by the upstream, `abandoned` by us: the client left, or had read enough. */
    readonly ended: 'whole' | 'broken' | 'abandoned'
  }
}

export interface RecordedChunk {
  /** Milliseconds since the request was sent. */
  readonly afterMs: number
  /** Where the bytes are text; else `base64` has them. */
  readonly text?: string
  readonly base64?: string
}

/** What of a request tells the answer apart, besides its body. */
export const KEPT_REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'accept',
  'anthropic-version',
  'anthropic-beta',
  'openai-beta',
])

/** A chunk as it is kept. Bytes that are no text of their own, such as half a character, are kept in base64. */
export function writeChunk(bytes: Buffer, afterMs: number): RecordedChunk {
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? { afterMs, text } : { afterMs, base64: bytes.toString('base64') }
}

export function readChunk({ text, base64 }: RecordedChunk): Buffer {
  return text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text)
}
