import type { ModelError, ModelEvent, ModelUsage } from '@agentproxy/plugin'
import { mergeUsage } from '@agentproxy/wire'
import type { StreamReader } from '@agentproxy/wire'
import { BodyBuffer } from '../relay/body-buffer.ts'
import { isCommitted, isContent } from '../relay/commit.ts'
import type { RawStreamOptions } from '../relay/raw-stream.ts'
import { failAnswer } from '../relay/scene.ts'
import type { BodySink, Scene } from '../relay/scene.ts'
import { EventCutter } from './event-cutter.ts'
import type { Rescue } from './rescue.ts'

/**
 * A stream whose bytes pass untouched, event by whole event, while it is noted what the client has got of it: a client that
 * was sent half an event, or the upstream's error, could not be sent the rest of the answer.
 */
export class WatchedStream implements BodySink {
  readonly #scene: Scene
  readonly #options: RawStreamOptions
  readonly #rescue: Rescue
  readonly #reader: StreamReader
  readonly #cutter = new EventCutter()
  readonly #held: BodyBuffer
  /** Events that are read, but not yet sent. */
  #unsent: ModelEvent[] = []
  #hasContent = false
  #isWhole = false
  #usage: ModelUsage | null = null

  constructor(scene: Scene, options: RawStreamOptions, rescue: Rescue) {
    this.#scene = scene
    this.#options = options
    this.#rescue = rescue
    this.#reader = options.format.createStreamReader()
    this.#held = new BodyBuffer(scene.answerBytes)
  }

  data(chunk: Buffer): void {
    for (const bytes of this.#cutter.push(chunk)) {
      const error = this.#read(this.#reader.push(bytes))
      if (error !== null) {
        if (this.#scene.answer.started) this.#send()
        this.fail(error, error.type === 'truncated' ? 'truncated' : 'upstream_error')
        return
      }
      if (!this.#held.push(bytes)) return this.fail(this.#held.overflow, 'answer_too_large')
    }
    if (this.#cutter.restBytes > this.#scene.answerBytes)
      return this.fail(this.#held.overflow, 'answer_too_large')
    this.#send()
  }

  end(): void {
    const { exchange, answer } = this.#scene
    const rest = this.#cutter.takeRest()
    const error = this.#read([...this.#reader.push(rest), ...this.#reader.end()])
    if (error !== null) return this.fail(error, error.type === 'truncated' ? 'truncated' : 'upstream_error')
    exchange.usage = this.#usage
    if (!exchange.end('completed', 'ok', this.#options.status)) return
    if (rest.length > 0) this.#held.push(rest)
    this.#write()
    answer.end()
  }

  fail(error: ModelError, reason: string): void {
    // All was said; what broke was only the way the connection ended.
    if (this.#isWhole && this.#scene.answer.started) return this.end()
    this.#scene.exchange.usage = this.#usage
    // Gemini's reader tells a finish only where the bytes end; the client has seen it.
    for (const event of this.#reader.end()) if (event.type === 'finish') this.#rescue.sent.note(event)
    failAnswer(this.#scene, error, reason)
  }

  usage(): ModelUsage | null {
    return this.#usage
  }

  /** null unless the events end in an error. */
  #read(events: readonly ModelEvent[]): ModelError | null {
    for (const event of events) {
      if (event.type === 'error') return event.error
      if (event.type === 'end') this.#isWhole = true
      if (event.type === 'usage') this.#usage = mergeUsage(this.#usage, event.usage)
      if (isContent(event)) {
        this.#hasContent = true
        this.#scene.firstToken()
      }
      this.#unsent.push(event)
    }
    return null
  }

  #send(): void {
    const progress = { bytes: this.#held.size, hasContent: this.#hasContent }
    if (this.#scene.answer.started || isCommitted(this.#scene.commit, progress)) this.#write()
  }

  #write(): void {
    const { answer, flow } = this.#scene
    if (!answer.started) {
      answer.onDrain(() => flow.release('client'))
      answer.open(this.#options.status, this.#options.headers)
    }
    const bytes = this.#held.drain()
    for (const event of this.#unsent.splice(0)) this.#rescue.sent.note(event)
    if (bytes.length === 0) return
    this.#rescue.marks.note(bytes)
    if (!answer.write(bytes)) flow.hold('client')
  }
}
