import type { OutgoingHttpHeaders } from 'node:http'
import { ClientAnswer } from '../relay/client-answer.ts'
import { readJsonObject } from '../web/read-json-object.ts'
import type { Item } from './input-items.ts'
import { createResponseTap } from './response-tap.ts'
import type { ResponseTap } from './response-tap.ts'

/** An answer that is also read as it goes out, if somebody asks for it. */
export class RememberedAnswer extends ClientAnswer {
  #keep: ((response: Item) => void) | null = null
  #tap: ResponseTap | null = null

  /** `keep` is called once, before the last bytes of an answer that came to its end go out. */
  whenWhole(keep: (response: Item) => void): void {
    this.#keep = keep
  }

  override send(status: number, headers: OutgoingHttpHeaders, body: Buffer | string): void {
    if (status === 200 && this.#keep !== null) {
      const response = readJsonObject(body.toString())
      if (response !== null) this.#keep(response)
    }
    super.send(status, headers, body)
  }

  override write(chunk: Buffer | string): boolean {
    if (this.#keep !== null) {
      this.#tap ??= createResponseTap()
      const response = this.#tap.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
      if (response !== null) {
        this.#keep(response)
        this.#keep = null
      }
    }
    return super.write(chunk)
  }
}
