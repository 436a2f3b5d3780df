import { randomUUID } from 'node:crypto'
import type { ToolCallOptions, ToolContext } from '@agentproxy/plugin'

/** What a tool knows of its call. Most tools never look at their signal, so it is made when one does. */
export class CallContext implements ToolContext {
  readonly userId: string | null
  readonly requestId: string
  readonly #sources: readonly AbortSignal[]
  #controller: AbortController | null = null
  #ended = false
  #aborted: { readonly reason: unknown } | null = null

  /** `sources`: whatever ends the call from outside. */
  constructor({ userId, requestId }: ToolCallOptions, sources: readonly AbortSignal[]) {
    this.userId = userId ?? null
    this.requestId = requestId ?? randomUUID()
    this.#sources = sources
  }

  get signal(): AbortSignal {
    if (this.#controller !== null) return this.#controller.signal
    this.#controller = new AbortController()
    if (this.#aborted !== null) this.#controller.abort(this.#aborted.reason)
    if (this.#ended) return this.#controller.signal
    for (const source of this.#sources) source.addEventListener('abort', this.#onAbort)
    if (this.#sources.some((source) => source.aborted)) this.#onAbort()
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#aborted = { reason }
    this.#controller?.abort(reason)
  }

  /** The call is over: what ends others later is not its affair. */
  end(): void {
    this.#ended = true
    if (this.#controller === null) return
    for (const source of this.#sources) source.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.abort(this.#sources.find((source) => source.aborted)?.reason)
}
