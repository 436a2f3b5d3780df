import type { OutgoingHttpHeaders } from 'node:http'
import type { ModelError, ModelUsage } from '@agentproxy/plugin'
import { createUsageTap } from '@agentproxy/wire'
import type { Format, StreamReader, UsageTap } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { BodyBuffer } from './body-buffer.ts'
import { isCommitted, isContent } from './commit.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'

const EVENT_END = /(?:\n\n|\r\r|\n\r\n)$/

export interface RawStreamOptions {
  readonly format: Format
  readonly status: number
  readonly headers: OutgoingHttpHeaders
}

/**
 * A stream whose bytes pass untouched. A tap beside it reads the usage and whether the stream came to its proper end. Until
 * the commit point the bytes are held, and read for content and for errors.
 */
export class RawStream implements BodySink {
  readonly #scene: Scene
  readonly #options: RawStreamOptions
  readonly #tap: UsageTap
  readonly #held: BodyBuffer
  /** null once content was seen and the bytes flow. */
  #watch: StreamReader | null
  #hasContent = false
  #tail: Buffer = Buffer.alloc(0)

  constructor(scene: Scene, options: RawStreamOptions) {
    this.#scene = scene
    this.#options = options
    this.#tap = createUsageTap(options.format.name)
    this.#held = new BodyBuffer(scene.answerBytes)
    this.#watch = options.format.createStreamReader()
  }

  data(chunk: Buffer): void {
    const { answer, commit } = this.#scene
    this.#tap.push(chunk)
    this.#tail = chunk.length < 4 ? Buffer.concat([this.#tail.subarray(-3), chunk]) : chunk
    if (this.#watch === null) {
      this.#write(chunk)
      return
    }
    this.#look(this.#watch, chunk)
    if (this.#scene.over()) return
    if (answer.started) {
      this.#write(chunk)
    } else if (!this.#held.push(chunk)) {
      this.fail(this.#held.overflow, 'answer_too_large')
    } else if (isCommitted(commit, { bytes: this.#held.size, hasContent: this.#hasContent })) {
      this.#commit()
    }
    if (this.#hasContent && answer.started) this.#watch = null
  }

  end(): void {
    const { exchange, answer } = this.#scene
    const { usage, terminal, error } = this.#tap.end()
    exchange.usage = usage
    if (terminal === 'missing') {
      const message = 'The upstream ended the stream before it was complete.'
      failAnswer(this.#scene, failure('truncated', message), 'truncated', this.#lead())
    } else if (terminal === 'error' && !answer.started) {
      failAnswer(this.#scene, error ?? failure('upstream', 'The upstream failed.'), 'upstream_error')
    } else if (
      terminal === 'error'
        ? exchange.end('failed', 'upstream_error', this.#options.status)
        : exchange.end('completed', 'ok', this.#options.status)
    ) {
      if (!answer.started) this.#commit()
      answer.end()
    }
  }

  fail(error: ModelError, reason: string): void {
    // All was said; what broke was only the way the connection ended.
    if (this.#tap.isOver && this.#scene.answer.started) return this.end()
    this.#scene.exchange.usage = this.usage()
    failAnswer(this.#scene, error, reason, this.#lead())
  }

  usage(): ModelUsage | null {
    return this.#tap.end().usage
  }

  #look(reader: StreamReader, chunk: Buffer): void {
    for (const event of reader.push(chunk)) {
      if (isContent(event)) {
        this.#hasContent = true
        this.#scene.firstToken()
        // From here on the bytes flow, and what comes after passes as it is.
        if (this.#scene.answer.started || this.#scene.commit === 'first-content') return
      } else if (event.type === 'error' && !this.#scene.answer.started) {
        this.fail(event.error, 'upstream_error')
        return
      }
    }
  }

  #commit(): void {
    const { answer, flow } = this.#scene
    answer.onDrain(() => flow.release('client'))
    answer.open(this.#options.status, this.#options.headers)
    this.#write(this.#held.take())
  }

  #write(chunk: Buffer): void {
    const { answer, flow } = this.#scene
    if (!answer.write(chunk)) flow.hold('client')
  }

  /** An unfinished event is closed first, so that ours stands for itself. */
  #lead(): string {
    const tail = this.#tail.subarray(-4).toString('latin1')
    return tail === '' || EVENT_END.test(tail) ? '' : '\n\n'
  }
}
