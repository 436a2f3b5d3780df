import type { ModelError, ModelUsage } from '@agentproxy/plugin'
import type { Format } from '@agentproxy/wire'
import { answerHeaders, flatHeaders } from './answer-headers.ts'
import type { UpstreamHead } from './answer-headers.ts'
import { BodyBuffer } from './body-buffer.ts'
import { redact } from './redact.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'

export interface ErrorAnswerOptions {
  readonly head: UpstreamHead
  /** The upstream's format. */
  readonly format: Format
  readonly secret: string | null
}

/** An error status of the upstream: its own words in its own format, or the same error said in the client's. */
export class ErrorAnswer implements BodySink {
  readonly #scene: Scene
  readonly #options: ErrorAnswerOptions
  readonly #body: BodyBuffer

  constructor(scene: Scene, options: ErrorAnswerOptions) {
    this.#scene = scene
    this.#options = options
    this.#body = new BodyBuffer(scene.answerBytes)
  }

  data(chunk: Buffer): void {
    if (!this.#body.push(chunk)) this.fail(this.#body.overflow, 'answer_too_large')
  }

  end(): void {
    const { head, format } = this.#options
    const bytes = this.#body.take()
    if (format.name === this.#scene.answer.format.name) this.#pass(head, bytes)
    else this.#translate(head, bytes)
  }

  fail(error: ModelError, reason: string): void {
    failAnswer(this.#scene, error, reason)
  }

  usage(): ModelUsage | null {
    return null
  }

  #pass(head: UpstreamHead, bytes: Buffer): void {
    const { exchange, answer } = this.#scene
    const { secret } = this.#options
    const echoes = secret !== null && bytes.includes(secret)
    if (!exchange.end('failed', `upstream_status_${head.status}`, head.status)) return
    answer.send(
      head.status,
      answerHeaders(head, { as: 'same-format' }),
      echoes ? redact(bytes.toString(), secret) : bytes,
    )
  }

  #translate(head: UpstreamHead, bytes: Buffer): void {
    const { exchange, answer } = this.#scene
    const { format, secret } = this.#options
    const error = format.readError(head.status, flatHeaders(head), redact(bytes.toString(), secret))
    const body = JSON.stringify(answer.format.writeError(error))
    if (!exchange.end('failed', `upstream_status_${head.status}`, error.status)) return
    answer.send(error.status, answerHeaders(head, { as: answer.format.name }), body)
  }
}
