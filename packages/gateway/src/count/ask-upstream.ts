import type { IncomingHttpHeaders } from 'node:http'
import type { ModelError } from '@agentproxy/plugin'
import type { Format } from '@agentproxy/wire'
import type { Dispatcher } from 'undici'
import { failure, RequestRefused } from '../exchange/failure.ts'
import { flatHeaders } from '../relay/answer-headers.ts'
import type { UpstreamHead } from '../relay/answer-headers.ts'
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

async function send(call: SmallCall): Promise<UpstreamHead & { readonly text: string }> {
  try {
    const answer = new WholeAnswer(call)
    call.target.pool.dispatch(
      { method: 'POST', path: call.path, headers: call.headers, body: Buffer.from(call.body) },
      answer,
    )
    return await answer.whole
  } catch (error) {
    if (error instanceof RequestRefused) throw error
    throw refused(upstreamFailure(error, call.provider).error, error)
  }
}

/** Reads one answer into memory. Rejects with what cut it short; `RequestRefused` where it is too large. */
class WholeAnswer implements Dispatcher.DispatchHandler {
  readonly whole: Promise<UpstreamHead & { readonly text: string }>
  readonly #signal: AbortSignal
  readonly #body: BodyBuffer
  #resolve: (answer: UpstreamHead & { readonly text: string }) => void = () => {}
  #reject: (cause: unknown) => void = () => {}
  #head: UpstreamHead = { status: 0, headers: {} }

  constructor({ signal, maxBytes }: SmallCall) {
    this.#signal = signal
    this.#body = new BodyBuffer(maxBytes)
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const leave = (): void => controller.abort(this.#signal.reason as Error)
    if (this.#signal.aborted) leave()
    this.#signal.addEventListener('abort', leave, { once: true })
    const forget = (): void => this.#signal.removeEventListener('abort', leave)
    this.whole.then(forget, forget)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status >= 200) this.#head = { status, headers }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#body.push(chunk)) controller.abort(refused(this.#body.overflow))
  }

  onResponseEnd(): void {
    this.#resolve({ ...this.#head, text: this.#body.take().toString() })
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, cause: unknown): void {
    this.#reject(cause)
  }
}

function refused(error: ModelError, cause?: unknown): RequestRefused {
  return new RequestRefused('upstream', error, cause)
}
