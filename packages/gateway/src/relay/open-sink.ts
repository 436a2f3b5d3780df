import type { ModelError } from '@agentproxy/plugin'
import { failure } from '../exchange/failure.ts'
import type { Rescue } from '../rescue/rescue.ts'
import { WatchedStream } from '../rescue/watched-stream.ts'
import { answerHeaders } from './answer-headers.ts'
import type { UpstreamHead } from './answer-headers.ts'
import { createErrorAnswer } from './error-answer.ts'
import { createJsonOut, createStreamOut } from './event-out.ts'
import { EventRelay } from './event-relay.ts'
import { createJsonReader } from './json-reader.ts'
import { createRawJson } from './raw-json.ts'
import { RawStream } from './raw-stream.ts'
import type { UpstreamRequest } from './relay.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'

export interface Opening {
  readonly head: UpstreamHead
  readonly request: UpstreamRequest
  readonly rescue: Rescue | null
}

/** Chooses who takes an answer's body; null if the answer is refused as it stands. */
export function openSink(scene: Scene, { head, request, rescue }: Opening): BodySink | null {
  const refused = refuseHead(head, request.provider)
  if (refused !== null) {
    failAnswer(scene, refused, 'bad_answer')
    return null
  }
  if (head.status >= 400)
    return createErrorAnswer(scene, { head, format: request.format, secret: request.secret })
  const isStream = /^text\/event-stream\b/i.test(head.headers['content-type'] ?? '')
  const { hooks } = scene.exchange.live
  const isRelayed =
    request.format.name === scene.answer.format.name &&
    hooks['stream.event'] === null &&
    hooks['tool.call'] === null &&
    (rescue === null || rescue.splice === null)
  if (!isRelayed) return openEvents(scene, { head, request, rescue }, isStream)
  const options = {
    format: request.format,
    status: head.status,
    headers: answerHeaders(head, { as: 'same-format' }),
  }
  if (!isStream) return createRawJson(scene, { ...options, format: options.format.name })
  return rescue === null ? new RawStream(scene, options) : new WatchedStream(scene, options, rescue)
}

function openEvents(scene: Scene, { head, request, rescue }: Opening, isStream: boolean): EventRelay {
  const { answer, exchange, answerBytes } = scene
  const { format, writing } = request
  const sameFormat = format.name === answer.format.name
  const headers = answerHeaders(head, { as: answer.format.name })
  const options = sameFormat ? { headers } : { ...writing, headers, model: exchange.model }
  const reader = isStream ? format.createStreamReader() : createJsonReader(format, answerBytes)
  const out = exchange.stream ? createStreamOut(scene, options, rescue) : createJsonOut(scene, options)
  return new EventRelay(scene, reader, out)
}

function refuseHead({ status, headers }: UpstreamHead, provider: string): ModelError | null {
  if (status >= 300 && status < 400) {
    return failure('upstream', `The upstream "${provider}" redirects, which is refused. Correct its address.`)
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return failure(
      'upstream',
      `The upstream "${provider}" compressed its answer although it was asked not to.`,
    )
  }
  return null
}
