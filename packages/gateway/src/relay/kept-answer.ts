import type { UpstreamAnswer } from '@agentproxy/plugin'
import { flatHeaders } from './answer-headers.ts'
import type { UpstreamHead } from './answer-headers.ts'
import { BodyBuffer } from './body-buffer.ts'

/** An upstream's answer, kept beside the relay for handlers that asked to see it. */
export class KeptAnswer {
  readonly #head: UpstreamHead
  readonly #body: BodyBuffer
  #isHeld = true

  constructor(head: UpstreamHead, maxBytes: number) {
    this.#head = head
    this.#body = new BodyBuffer(maxBytes)
  }

  push(chunk: Buffer): void {
    this.#isHeld &&= this.#body.push(chunk)
  }

  /** Nothing if it was too large to hold. */
  toResult(): { readonly answer?: UpstreamAnswer } {
    if (!this.#isHeld) return {}
    return {
      answer: { status: this.#head.status, headers: flatHeaders(this.#head), body: this.#body.take() },
    }
  }
}
