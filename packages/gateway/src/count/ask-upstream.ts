import type { ModelError } from '@agentproxy/plugin'
import type { Format } from '@agentproxy/wire'
import { failure, RequestRefused } from '../exchange/failure.ts'
import { flatHeaders } from '../relay/answer-headers.ts'
import { BodyBuffer } from '../relay/body-buffer.ts'
import { redact } from '../relay/redact.ts'
import { upstreamFailure } from '../relay/upstream-failure.ts'
import type { UpstreamTarget } from '../relay/upstream-pools.ts'

export interface SmallCall {
  readonly target: UpstreamTarget
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The upstream's format, in which it says what went wrong. */
  readonly format: Format
  readonly provider: string
  readonly secret: string | null
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** A call whose answer is one small JSON document. Throws `RequestRefused` with what the upstream says is wrong. */
export async function askUpstream(call: SmallCall): Promise<unknown> {
  const { status, headers, text } = await send(call)
  if (status >= 200 && status < 300) {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw refused(failure('upstream', 'The upstream answered with something that is not JSON.'), error)
    }
  }
  if (status < 400)
    throw refused(failure('upstream', `The upstream "${call.provider}" redirects, which is refused.`))
  throw refused(call.format.readError(status, flatHeaders({ status, headers }), redact(text, call.secret)))
}

async function send({ target, path, headers, body, signal, ...call }: SmallCall) {
  try {
    const answer = await target.pool.request({ method: 'POST', path, headers, body, signal })
    const buffer = new BodyBuffer(call.maxBytes)
    for await (const chunk of answer.body) if (!buffer.push(chunk as Buffer)) throw refused(buffer.overflow)
    return { status: answer.statusCode, headers: answer.headers, text: buffer.take().toString() }
  } catch (error) {
    if (error instanceof RequestRefused) throw error
    throw refused(upstreamFailure(error, call.provider).error, error)
  }
}

function refused(error: ModelError, cause?: unknown): RequestRefused {
  return new RequestRefused('upstream', error, cause)
}
