import type { FastifyRequest } from 'fastify'
import { matchRoute } from '@agentproxy/kernel'
import type { RouteMatch, Snapshot } from '@agentproxy/kernel'
import type { Identity, ModelError } from '@agentproxy/plugin'
import { checkCaller } from '../access/check-caller.ts'
import type { ClientCredentials, TokenBook } from '../access/token-book.ts'
import { failure } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { InsideSocket } from '../middleware/inside-connection.ts'
import { pinOf } from '../routes/pinned-path.ts'
import { providerOfPath } from '../routing/resolve-pinned.ts'

/** Who may use a route: anybody on this machine, whoever has a token (also an agent, for its task), or the owner alone. */
type Access = 'public' | 'token' | 'owner'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is; null only on routes that are open to all, for who shows no token. */
    identity: Identity | null
    /** The plugin tables it is served with, from its first moment to its last. */
    live: Snapshot
    /** The client's own for a vendor; null = none. */
    credentials: ClientCredentials | null
    /** The provider its path names; null = any. */
    pinned: string | null
  }
  interface FastifyContextConfig {
    /** Default `token`. */
    access?: Access
    /** Answered also while we close, when everything else is refused. */
    whileClosing?: true
  }
}

export interface GatewayState {
  /** Those that clients connect to. */
  ports: readonly number[]
  closing: boolean
  /** Other processes take new connections; those that are here are served to their end. */
  leaving: boolean
}

export interface Gate {
  readonly runtime: GatewayRuntime
  readonly tokens: TokenBook
  readonly state: Readonly<GatewayState>
}

/** What is to become of a request: refused, served by a plugin's route, or by the route the router found. */
export type Verdict =
  | { readonly kind: 'refused'; readonly error: ModelError; readonly allow?: readonly string[] }
  | { readonly kind: 'plugin'; readonly match: Extract<RouteMatch, { found: 'route' }> }
  | { readonly kind: 'own' }

/** Who asks, for what, and may they? Notes identity and plugin tables in the request. */
export function admit({ runtime, tokens, state }: Gate, request: FastifyRequest): Verdict {
  const { socket } = request.raw
  // What middleware sent on was let in before: by what came over the wire, not by what middleware made of it.
  const settled = socket instanceof InsideSocket ? socket.admission : null
  request.live = settled?.live ?? runtime.host.live
  if (settled === null) {
    const problem = checkCaller(request.raw, state.ports)
    if (problem !== null) return refused(failure('permission', problem))
    if (state.closing && request.routeOptions.config.whileClosing !== true)
      return refused(failure('overloaded', 'The gateway is shutting down. Try again when it is back.'))
  }
  const { headers } = request.raw
  request.identity = settled === null ? tokens.identify(headers, socket) : settled.identity
  request.credentials = settled === null ? tokens.clientCredentials(headers) : settled.credentials
  // A plugin's path stays its own, whatever a provider that is loaded later is called.
  const pin = pinOf(request)
  const match = request.is404 || pin !== null ? findPluginRoute(request) : null
  const access =
    match?.found === 'route' ? match.route.access : (request.routeOptions.config.access ?? 'token')
  const denied = checkAccess(access, request.identity)
  if (denied !== null) return refused(explained(tokens, request, denied))
  // A WebSocket client falls back to HTTP at once when it is told so (RFC 9110, 15.5.22). Other upgrades may be ignored.
  if (access !== 'public' && (settled?.websocket ?? headers.upgrade?.toLowerCase() === 'websocket'))
    return refused(failure('invalid_request', 'WebSocket is not served here. Use plain HTTP.', 426))
  if (match?.found === 'route') return { kind: 'plugin', match }
  if (match?.found === 'path') return notAllowed(match.allow)
  if (pin === null) return { kind: 'own' }
  request.pinned = providerOfPath(request.live, pin)
  return request.pinned === null ? refused(noProvider(request.live, pin)) : { kind: 'own' }
}

function noProvider({ providers }: Snapshot, pin: string): ModelError {
  const all = [...providers.keys()].join(', ') || 'none'
  return failure('not_found', `There is no provider "${pin.slice(0, 100)}". Those loaded: ${all}.`)
}

/** The path is matched as the plugin will read it in the request's URL, so that nothing can be understood in two ways. */
function findPluginRoute({ live, url, method }: FastifyRequest): RouteMatch | null {
  if (live.routes.length === 0) return null
  return matchRoute(live.routes, method, new URL(`http://localhost${url}`).pathname)
}

function checkAccess(access: Access, identity: Identity | null): ModelError | null {
  if (access === 'public') return null
  if (identity === null) {
    const message =
      'No valid token. Send the gateway token as "authorization: Bearer", "x-api-key" or "x-agentproxy-token"; it is in the file "token" of the state folder.'
    return failure('authentication', message)
  }
  if (access === 'owner' && identity.kind !== 'owner')
    return failure(
      'permission',
      "This needs the gateway's own token; a task's token or a key is for model calls.",
    )
  return null
}

/** A key that was good once is told so. */
function explained(tokens: TokenBook, { headers, identity }: FastifyRequest, error: ModelError): ModelError {
  const why = identity === null ? tokens.explain(headers) : null
  return why === null ? error : { ...error, message: why }
}

function notAllowed(methods: readonly string[]): Verdict {
  const allow = methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods
  const message = `This path takes ${allow.join(', ')} only.`
  return { ...refused(failure('invalid_request', message, 405)), allow }
}

function refused(error: ModelError): Extract<Verdict, { kind: 'refused' }> {
  return { kind: 'refused', error }
}
