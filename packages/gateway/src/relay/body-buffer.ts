import type { ModelError } from '@agentproxy/plugin'
import { failure } from '../exchange/failure.ts'

/** Collects a body up to a size. */
export class BodyBuffer {
  readonly #chunks: Buffer[] = []
  readonly #maxBytes: number
  #size = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#size
  }

  /** false once the body is over the size; it is then not kept. */
  push(chunk: Buffer): boolean {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) {
      this.#chunks.length = 0
      return false
    }
    this.#chunks.push(chunk)
    return true
  }

  take(): Buffer {
    const [only] = this.#chunks
    return this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
  }

  /** Takes all of it, and begins anew. */
  drain(): Buffer {
    const bytes = this.take()
    this.#chunks.length = 0
    this.#size = 0
    return bytes
  }

  get overflow(): ModelError {
    return failure(
      'upstream',
      `The upstream's answer is larger than ${this.#maxBytes} bytes, the most the gateway holds.`,
    )
  }
}
