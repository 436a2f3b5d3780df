/** Where a middleware stands: the lower the number, the further out. Within a layer, load order. */
export const middlewareLayers = Object.freeze({
  security: 100,
  observability: 200,
  transformation: 300,
  routing: 400,
  application: 500,
} as const)

export type MiddlewareLayer = keyof typeof middlewareLayers

/**
 * Wraps every HTTP exchange of the gateway. `next()` goes on with this request, or with the one given, and resolves as
 * soon as the answer's head is known; its body may still be streaming. What the middleware returns is sent.
 */
export type Middleware = (
  request: Request,
  next: (request?: Request) => Promise<Response>,
) => Response | PromiseLike<Response>
