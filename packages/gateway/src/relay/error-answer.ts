import type { ModelError } from '@agentproxy/plugin'
import type { Format } from '@agentproxy/wire'
import { answerHeaders, flatHeaders } from './answer-headers.ts'
import type { UpstreamHead } from './answer-headers.ts'
import { redact } from './redact.ts'
import { tellFailure } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'
import { WholeBody } from './whole-body.ts'

export interface ErrorAnswerOptions {
  readonly head: UpstreamHead
  /** The upstream's format. */
  readonly format: Format
  readonly secret: string | null
}

/** An error status of the upstream: its own words in its own format, or the same error said in the client's. */
export function createErrorAnswer(scene: Scene, options: ErrorAnswerOptions): BodySink {
  const { head, format, secret } = options
  const isSameFormat = format.name === scene.answer.format.name
  return new WholeBody(scene, (bytes) => {
    const error = format.readError(head.status, flatHeaders(head), redact(bytes.toString(), secret))
    const failed = { error: { ...error, status: head.status }, reason: `upstream_status_${head.status}` }
    scene.fail({
      ...failed,
      tell() {
        // No status can be told any more where the answer of an upstream before is being continued.
        if (scene.answer.started) tellFailure(scene, failed)
        else if (isSameFormat) pass(scene, options, bytes)
        else translate(scene, head, error)
      },
    })
  })
}

function pass({ exchange, answer }: Scene, { head, secret }: ErrorAnswerOptions, bytes: Buffer): void {
  const echoes = secret !== null && bytes.includes(secret)
  if (!exchange.end('failed', `upstream_status_${head.status}`, head.status)) return
  answer.send(
    head.status,
    answerHeaders(head, { as: 'same-format' }),
    echoes ? redact(bytes.toString(), secret) : bytes,
  )
}

function translate({ exchange, answer }: Scene, head: UpstreamHead, error: ModelError): void {
  const body = JSON.stringify(answer.format.writeError(error))
  if (!exchange.end('failed', `upstream_status_${head.status}`, error.status)) return
  answer.send(error.status, answerHeaders(head, { as: answer.format.name }), body)
}
