import type { ModelError, ModelEvent } from '@agentproxy/plugin'
import type { WriteOptions } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { lossCodes } from '../exchange/exchange.ts'
import { isCommitted, isContent } from './commit.ts'
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

/** A stream: one write for each chunk the upstream sent, opened at the commit point. */
export function createStreamOut(scene: Scene, options: EventOutOptions): EventOut {
  const { answer, exchange, flow } = scene
  const writer = answer.format.createStreamWriter(exchange.loss, options)
  let text = ''
  let hasContent = false
  function send(): void {
    if (text === '') return
    if (!answer.started) {
      announceLoss(scene)
      answer.onDrain(() => flow.release('client'))
      answer.open(200, { ...options.headers, 'content-type': 'text/event-stream; charset=utf-8' })
    }
    if (!answer.write(text)) flow.hold('client')
    text = ''
  }
  return {
    write(event) {
      text += writer.write(event)
      hasContent ||= isContent(event)
    },
    flush() {
      if (answer.started || isCommitted(scene.commit, { bytes: text.length, hasContent })) send()
      else if (text.length > scene.answerBytes) failAnswer(scene, tooMuchHeld(scene), 'answer_too_large')
    },
    finish(end) {
      text += writer.write({ type: 'end' })
      if (!end()) return
      send()
      answer.end()
    },
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
