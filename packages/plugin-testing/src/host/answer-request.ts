import { PluginError } from '@agentproxy/plugin'
import { matchRoute } from '@agentproxy/kernel'
import type { Snapshot } from '@agentproxy/kernel'

/**
 * Answers a request from these tables as a gateway would, without a socket: through all middleware to the plugin's
 * route. 404 where there is none, 405 where the method is another, 500 where a plugin failed.
 */
export async function answerRequest(
  { routes, middleware }: Snapshot,
  request: Request,
  signal: AbortSignal,
): Promise<Response> {
  const serve = async (inner: Request): Promise<Response> => {
    const match = matchRoute(routes, inner.method, new URL(inner.url).pathname)
    if (match.found === 'nothing') return problem(404, 'no plugin has a route there')
    if (match.found === 'path')
      return problem(405, 'the route takes another method', { allow: match.allow.join(', ') })
    return match.route.handle(inner, { params: match.params, signal })
  }
  try {
    return await (middleware === null ? serve(request) : middleware(request, serve))
  } catch (thrown) {
    if (PluginError.is(thrown)) return problem(500, thrown.message)
    throw thrown
  }
}

function problem(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { message } }, { status, headers })
}
