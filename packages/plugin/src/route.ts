export type RouteMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

export interface RouteContext {
  /** The named parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Aborted when the caller has gone, and when the plugin goes. */
  readonly signal: AbortSignal
}

/** Answers one HTTP request. What it throws is logged and answered as 500. */
export type RouteHandler = (request: Request, context: RouteContext) => Response | PromiseLike<Response>

export interface RouteOptions {
  /** `owner`: with the gateway's token only. `public`: anybody on this machine who can reach the port. Default `owner`. */
  readonly access?: 'owner' | 'public'
}
