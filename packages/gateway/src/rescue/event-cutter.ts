/** What ends an event of a stream: an empty line (html.spec.whatwg.org, Server-sent events). */
const ENDS = ['\n\n', '\r\n\r\n', '\r\r'].map((text) => Buffer.from(text))
const LONGEST = 4

/** Cuts the bytes of a stream at the ends of its events. */
export class EventCutter {
  #rest: Buffer[] = []
  #restBytes = 0
  #tail: Buffer = Buffer.alloc(0)

  /** Bytes of an event that is not whole yet. */
  get restBytes(): number {
    return this.#restBytes
  }

  /** The events that are whole now. */
  push(chunk: Buffer): Buffer[] {
    const probe = Buffer.concat([this.#tail, chunk])
    this.#rest.push(chunk)
    this.#restBytes += chunk.length
    this.#tail = probe.subarray(-(LONGEST - 1))
    if (nextEnd(probe, 0) === -1) return []
    const bytes = this.takeRest()
    const events: Buffer[] = []
    let from = 0
    for (let end = nextEnd(bytes, 0); end !== -1; end = nextEnd(bytes, from)) {
      events.push(bytes.subarray(from, end))
      from = end
    }
    if (from < bytes.length) this.#keep(bytes.subarray(from))
    return events
  }

  /** What no empty line came after. */
  takeRest(): Buffer {
    const bytes = Buffer.concat(this.#rest)
    this.#rest = []
    this.#restBytes = 0
    this.#tail = Buffer.alloc(0)
    return bytes
  }

  #keep(bytes: Buffer): void {
    this.#rest = [bytes]
    this.#restBytes = bytes.length
    this.#tail = bytes.subarray(-(LONGEST - 1))
  }
}

function nextEnd(bytes: Buffer, from: number): number {
  let end = -1
  for (const mark of ENDS) {
    const at = bytes.indexOf(mark, from)
    if (at !== -1 && (end === -1 || at + mark.length < end)) end = at + mark.length
  }
  return end
}
