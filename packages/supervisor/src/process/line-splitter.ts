const NEWLINE = 0x0a
const RETURN = 0x0d

/** Cuts a byte stream into lines. A line over the cap is given up to the cap, the rest of it is dropped. */
export class LineSplitter {
  readonly #capBytes: number
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #parts: Uint8Array[] = []
  #bytes = 0
  #dropping = false
  #overlong = 0

  constructor(capBytes: number) {
    this.#capBytes = capBytes
  }

  /** Lines that were over the cap so far. */
  get overlong(): number {
    return this.#overlong
  }

  /** The lines completed by `chunk`, without their ends. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#take(chunk.subarray(start, end), lines)
      if (!this.#dropping) lines.push(this.#flush(true))
      this.#dropping = false
      start = end + 1
    }
    this.#take(chunk.subarray(start), lines)
    return lines
  }

  /** The last line, when the stream ended without a line end. */
  end(): string[] {
    return this.#bytes === 0 ? [] : [this.#flush(false)]
  }

  #take(part: Uint8Array, lines: string[]): void {
    if (this.#dropping || part.length === 0) return
    const room = this.#capBytes - this.#bytes
    // A copy: the chunk's memory belongs to the stream.
    this.#parts.push(part.slice(0, room))
    this.#bytes += Math.min(part.length, room)
    if (part.length <= room) return
    this.#overlong++
    this.#dropping = true
    lines.push(this.#flush(false))
  }

  #flush(ended: boolean): string {
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    const cut = ended && bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes
    return this.#decoder.decode(cut)
  }
}
