import type { OutgoingHttpHeaders } from 'node:http'
import type { WireFormat } from '@agentproxy/plugin'
import { readUsage } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'
import { WholeBody } from './whole-body.ts'

export interface RawJsonOptions {
  readonly format: WireFormat
  readonly status: number
  readonly headers: OutgoingHttpHeaders
}

/** A JSON answer whose bytes pass untouched, but only whole. */
export function createRawJson(scene: Scene, { format, status, headers }: RawJsonOptions): BodySink {
  const { exchange, answer } = scene
  return new WholeBody(scene, (bytes) => {
    try {
      exchange.usage = readUsage(format, JSON.parse(bytes.toString()))
    } catch {
      const error = failure('upstream', 'The upstream answered with something that is not JSON.')
      return failAnswer(scene, error, 'bad_answer')
    }
    if (exchange.end('completed', 'ok', status)) answer.send(status, headers, bytes)
  })
}
