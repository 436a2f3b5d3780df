import type { Dispatcher } from 'undici'

/** One request to an upstream. */
export interface UpstreamDispatch {
  readonly method: 'POST'
  /** With query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What calls an upstream: a pool of connections, or what stands in its place. */
export interface UpstreamLink {
  dispatch(request: UpstreamDispatch, handler: Dispatcher.DispatchHandler): unknown
}
