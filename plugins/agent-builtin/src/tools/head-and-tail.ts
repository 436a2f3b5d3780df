/** Keeps the beginning and the end of an output of any length. */
export interface HeadAndTail {
  push(chunk: Buffer): void
  /** What was kept as text, with a note of how much lies between. */
  text(): string
}

/** Holds at most `headBytes + 2 * tailBytes` in memory. */
export function createHeadAndTail(headBytes: number, tailBytes: number): HeadAndTail {
  let head = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  let total = 0
  return {
    push(chunk) {
      total += chunk.length
      const room = headBytes - head.length
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)])
      const rest = chunk.subarray(Math.max(0, room))
      if (rest.length === 0) return
      const joined = Buffer.concat([tail, rest.subarray(-tailBytes)])
      tail = joined.length > 2 * tailBytes ? joined.subarray(-tailBytes) : joined
    },
    text() {
      const end = tail.subarray(-tailBytes)
      const left = total - head.length - end.length
      if (left === 0) return Buffer.concat([head, end]).toString('utf8')
      return `${head.toString('utf8')}\n[… ${left} bytes left out …]\n${end.toString('utf8')}`
    },
  }
}
