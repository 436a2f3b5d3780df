import type { OutgoingHttpHeaders } from 'node:http'
import type { ModelError, ModelUsage, WireFormat } from '@agentproxy/plugin'
import { readUsage } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { BodyBuffer } from './body-buffer.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'

export interface RawJsonOptions {
  readonly format: WireFormat
  readonly status: number
  readonly headers: OutgoingHttpHeaders
}

/** A JSON answer whose bytes pass untouched, but only whole: half a document is an error with a status of its own. */
export class RawJson implements BodySink {
  readonly #scene: Scene
  readonly #options: RawJsonOptions
  readonly #body: BodyBuffer

  constructor(scene: Scene, options: RawJsonOptions) {
    this.#scene = scene
    this.#options = options
    this.#body = new BodyBuffer(scene.answerBytes)
  }

  data(chunk: Buffer): void {
    if (!this.#body.push(chunk)) this.fail(this.#body.overflow, 'answer_too_large')
  }

  end(): void {
    const { exchange, answer } = this.#scene
    const { format, status, headers } = this.#options
    const bytes = this.#body.take()
    try {
      exchange.usage = readUsage(format, JSON.parse(bytes.toString()))
    } catch {
      this.fail(failure('upstream', 'The upstream answered with something that is not JSON.'), 'bad_answer')
      return
    }
    if (exchange.end('completed', 'ok', status)) answer.send(status, headers, bytes)
  }

  fail(error: ModelError, reason: string): void {
    failAnswer(this.#scene, error, reason)
  }

  usage(): ModelUsage | null {
    return null
  }
}
