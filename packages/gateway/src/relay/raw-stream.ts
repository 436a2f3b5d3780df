import type { OutgoingHttpHeaders } from 'node:http'
import type { ModelError, ModelUsage, WireFormat } from '@agentproxy/plugin'
import { createUsageTap } from '@agentproxy/wire'
import type { UsageTap } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'

const EVENT_END = /(?:\n\n|\r\r|\n\r\n)$/

export interface RawStreamOptions {
  readonly format: WireFormat
  readonly status: number
  readonly headers: OutgoingHttpHeaders
}

/** A stream whose bytes pass untouched. A tap beside it reads the usage and whether the stream came to its proper end. */
export class RawStream implements BodySink {
  readonly #scene: Scene
  readonly #options: RawStreamOptions
  readonly #tap: UsageTap
  #tail: Buffer = Buffer.alloc(0)

  constructor(scene: Scene, options: RawStreamOptions) {
    this.#scene = scene
    this.#options = options
    this.#tap = createUsageTap(options.format)
  }

  data(chunk: Buffer): void {
    const { answer, flow } = this.#scene
    if (!answer.started) {
      answer.onDrain(() => flow.release('client'))
      answer.open(this.#options.status, this.#options.headers)
    }
    if (!answer.write(chunk)) flow.hold('client')
    this.#tap.push(chunk)
    this.#tail = chunk.length < 4 ? Buffer.concat([this.#tail.subarray(-3), chunk]) : chunk
  }

  end(): void {
    const { exchange, answer } = this.#scene
    const { usage, terminal } = this.#tap.end()
    exchange.usage = usage
    if (terminal === 'missing') {
      const message = 'The upstream ended the stream before it was complete.'
      failAnswer(this.#scene, failure('truncated', message), 'truncated', this.#lead())
    } else if (
      terminal === 'error'
        ? exchange.end('failed', 'upstream_error', this.#options.status)
        : exchange.end('completed', 'ok', this.#options.status)
    ) {
      answer.end()
    }
  }

  fail(error: ModelError, reason: string): void {
    this.#scene.exchange.usage = this.usage()
    failAnswer(this.#scene, error, reason, this.#lead())
  }

  usage(): ModelUsage | null {
    return this.#tap.end().usage
  }

  /** An unfinished event is closed first, so that ours stands for itself. */
  #lead(): string {
    const tail = this.#tail.subarray(-4).toString('latin1')
    return tail === '' || EVENT_END.test(tail) ? '' : '\n\n'
  }
}
