import type { ModelError, ModelEvent } from '@agentproxy/plugin'
import type { StreamWriter, WriteOptions } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { lossCodes } from '../exchange/exchange.ts'
import { isCommitted, isContent } from './commit.ts'
import type { Rescue } from '../rescue/rescue.ts'
import type { Splice } from '../rescue/splice.ts'
import { failAnswer } from './scene.ts'
import type { Scene } from './scene.ts'

/** Makes a client's answer of events. Terminal events come through `finish`; an `error` never comes here. */
export interface EventOut {
  write(event: ModelEvent): void
  /** The events of one chunk are all written. */
  flush(): void
  /** The answer is complete. `end` is called before the last bytes go out. */
  finish(end: () => boolean): void
}

export interface EventOutOptions extends WriteOptions {
  /** Headers of the answer, apart from its content type. */
  readonly headers: Readonly<Record<string, string>>
}

/** A stream: one write for each chunk the upstream sent, opened at the commit point. With `rescue` it can be continued, or continues one. */
export function createStreamOut(scene: Scene, options: EventOutOptions, rescue: Rescue | null): EventOut {
  return new StreamOut(scene, options, rescue)
}

class StreamOut implements EventOut {
  readonly #scene: Scene
  readonly #options: EventOutOptions
  readonly #rescue: Rescue | null
  readonly #splice: Splice | null
  readonly #writer: StreamWriter
  #unsent: ModelEvent[] = []
  #text = ''
  #hasContent = false

  constructor(scene: Scene, options: EventOutOptions, rescue: Rescue | null) {
    const { answer, exchange, flow } = scene
    this.#scene = scene
    this.#options = options
    this.#rescue = rescue
    this.#splice = rescue?.splice ?? null
    this.#writer =
      rescue === null || this.#splice === null
        ? answer.format.createStreamWriter(exchange.loss, options)
        : rescue.writer(exchange.loss)
    answer.useWriter(this.#writer)
    rescue?.useWriter(this.#writer)
    if (answer.started) answer.onDrain(() => flow.release('client'))
  }

  write(event: ModelEvent): void {
    if (this.#splice === null) return this.#put(event)
    for (const mapped of this.#splice.map(event)) {
      this.#put(mapped)
      // What follows hangs on what the client has.
      this.#note()
    }
  }

  flush(): void {
    const { answer, commit, answerBytes } = this.#scene
    const progress = { bytes: this.#text.length, hasContent: this.#hasContent }
    if (answer.started || isCommitted(commit, progress)) this.#send()
    else if (this.#text.length > answerBytes)
      failAnswer(this.#scene, tooMuchHeld(this.#scene), 'answer_too_large')
  }

  finish(end: () => boolean): void {
    this.#text += this.#writer.write({ type: 'end' })
    if (!end()) return
    this.#send()
    this.#scene.answer.end()
  }

  #put(event: ModelEvent): void {
    this.#text += this.#writer.write(event)
    if (this.#rescue !== null) this.#unsent.push(event)
    this.#hasContent ||= isContent(event)
  }

  #send(): void {
    const { answer, flow } = this.#scene
    if (this.#text !== '' && !answer.started) {
      announceLoss(this.#scene)
      answer.onDrain(() => flow.release('client'))
      const type = { 'content-type': 'text/event-stream; charset=utf-8' }
      answer.open(200, { ...this.#options.headers, ...type })
    }
    if (this.#text !== '' && !answer.write(this.#text)) flow.hold('client')
    this.#text = ''
    if (answer.started) this.#note()
  }

  #note(): void {
    for (const event of this.#unsent) this.#rescue?.sent.note(event)
    this.#unsent = []
  }
}

/** One JSON document, the fold of the events. */
export function createJsonOut(scene: Scene, options: EventOutOptions): EventOut {
  const { answer, exchange } = scene
  const events: ModelEvent[] = []
  return {
    write(event) {
      events.push(event)
    },
    flush() {},
    finish(end) {
      const body = JSON.stringify(
        answer.format.writeResponse([...events, { type: 'end' }], exchange.loss, options),
      )
      announceLoss(scene)
      if (end()) answer.send(200, { ...options.headers, 'content-type': 'application/json' }, body)
    },
  }
}

/** Names what translation has lost until now; what a stream loses later is told by `exchange.end`. */
function announceLoss({ exchange, answer }: Scene): void {
  const codes = lossCodes(exchange.loss)
  if (codes.length > 0) answer.setHeader('x-agentproxy-loss', codes.join(','))
}

function tooMuchHeld({ answerBytes }: Scene): ModelError {
  const message = `The upstream's answer is larger than ${answerBytes} bytes, the most the gateway holds back.`
  return failure('upstream', message)
}
