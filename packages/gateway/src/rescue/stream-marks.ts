const CREATED = /"created(?:_at)?":\s*(\d+)/
const SEQUENCE = /"sequence_number":\s*(\d+)/g

/** What a relayed stream says of itself that events do not carry and a continuation has to repeat or to count on from. */
export class StreamMarks {
  #created: number | null | undefined
  #sequence: number | null = null

  /** Seconds since 1970, as the answer began with; null where the format has none. */
  get created(): number | null {
    return this.#created ?? null
  }

  /** `openai-responses`: the number after the last one sent; null where the format counts nothing. */
  get nextSequence(): number | null {
    return this.#sequence === null ? null : this.#sequence + 1
  }

  /** Takes whole events, in order. */
  note(bytes: Buffer): void {
    if (this.#created === undefined) {
      const created = CREATED.exec(bytes.toString('latin1'))?.[1]
      this.#created = created === undefined ? null : Number(created)
    }
    if (!bytes.includes('"sequence_number"')) return
    for (const [, number] of bytes.toString('latin1').matchAll(SEQUENCE))
      this.#sequence = Math.max(this.#sequence ?? 0, Number(number))
  }
}
