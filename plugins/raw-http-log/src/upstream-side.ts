import type { JsonObject, RequestPrepare, UpstreamCall, UpstreamResult } from '@agentproxy/plugin'
import { Capture } from './capture.ts'
import type { CapturedBody } from './capture.ts'
import type { Redactor } from './redact.ts'

/** What is known of one exchange's call. */
interface Call {
  request: Pick<RequestPrepare, 'provider' | 'model' | 'format' | 'headers' | 'body'> | null
  url: string | null
  result: UpstreamResult | null
  running: Promise<unknown> | null
}

export interface UpstreamRecord {
  readonly provider: string | null
  readonly model: string | null
  readonly format: string | null
  readonly url: string | null
  readonly request: {
    readonly headers: readonly (readonly [string, string])[]
    readonly body: CapturedBody
  } | null
  readonly response: {
    readonly status: number
    readonly headers: readonly (readonly [string, string])[]
    readonly body: CapturedBody
  } | null
}

/** Exchanges remembered at once; the oldest is forgotten. */
const MAX_CALLS = 1000

/** Gathers, from hooks, what goes to upstreams and comes back, until the client's side of the exchange is over. */
export class UpstreamSide {
  readonly #calls = new Map<string, Call>()

  prepared({ exchangeId, provider, model, format, headers, body }: RequestPrepare): void {
    this.#of(exchangeId).request = { provider, model, format, headers, body }
  }

  async called(
    { exchangeId, url }: UpstreamCall,
    next: () => Promise<UpstreamResult>,
  ): Promise<UpstreamResult> {
    const call = this.#of(exchangeId)
    call.url = url
    const running = next()
    call.running = running.catch(() => {})
    call.result = await running
    return call.result
  }

  /** What is known, once its call is over; null if none was prepared. Forgets it. */
  async take(exchangeId: string, redactor: Redactor, maxBodyBytes: number): Promise<UpstreamRecord | null> {
    const call = this.#calls.get(exchangeId)
    if (call === undefined) return null
    await call.running
    this.#calls.delete(exchangeId)
    const { request, url, result } = call
    const answer = result?.kind === 'relayed' ? result.answer : undefined
    return {
      provider: request?.provider ?? null,
      model: request?.model ?? null,
      format: request?.format ?? null,
      // A long segment of chance is a password of the upstream.
      url: url === null ? null : redactor.text(url).replace(/\/[\w-]{28,}(?=\/)/g, '/[redacted]'),
      request:
        request === null
          ? null
          : {
              headers: redactor.headers(Object.entries(request.headers)),
              body: captured(bytesOf(request.body), redactor, maxBodyBytes),
            },
      response:
        answer === undefined
          ? null
          : {
              status: answer.status,
              headers: redactor.headers(Object.entries(answer.headers)),
              body: captured(answer.body, redactor, maxBodyBytes),
            },
    }
  }

  #of(exchangeId: string): Call {
    const known = this.#calls.get(exchangeId)
    if (known !== undefined) return known
    const [oldest] = this.#calls.keys()
    if (this.#calls.size >= MAX_CALLS && oldest !== undefined) this.#calls.delete(oldest)
    const call: Call = { request: null, url: null, result: null, running: null }
    this.#calls.set(exchangeId, call)
    return call
  }
}

function bytesOf(body: JsonObject | null): Uint8Array {
  return Buffer.from(body === null ? '' : JSON.stringify(body))
}

function captured(bytes: Uint8Array, redactor: Redactor, maxBodyBytes: number): CapturedBody {
  const capture = new Capture(maxBodyBytes)
  capture.push(bytes)
  capture.end('whole')
  return capture.read(redactor.text)
}
