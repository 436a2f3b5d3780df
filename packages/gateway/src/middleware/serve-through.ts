import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { PluginError } from '@agentproxy/plugin'
import type { MiddlewareRunner, Snapshot } from '@agentproxy/kernel'
import { checkCaller } from '../access/check-caller.ts'
import type { TokenBook } from '../access/token-book.ts'
import { keysUnavailable } from '../access/keys-unavailable.ts'
import { failure, RequestRefused } from '../exchange/failure.ts'
import { interruptionError } from '../exchange/interrupt.ts'
import type { Interruption } from '../exchange/interrupt.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { tooLarge, writeErrorAnswer } from '../routes/dialect.ts'
import { sendResponse } from '../web/send-response.ts'
import { toRequest } from '../web/to-request.ts'
import type { WebRequest } from '../web/to-request.ts'
import { callInside } from './call-inside.ts'
import type { GatewayState } from '../server/admit.ts'
import { InsideSocket } from './inside-connection.ts'
import type { Admission } from './inside-connection.ts'

export interface Entrance {
  readonly runtime: GatewayRuntime
  readonly tokens: TokenBook
  readonly state: Readonly<GatewayState>
  /** The server itself, once it is made. */
  server(this: void): Server
}

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Stands before the whole server: where there is middleware, requests go through it and come back over a connection in
 * memory. Those from a wrong host or origin, and those that come while we close, are refused before any middleware; those that
 * manage plugins are the owner's own affair.
 */
export function beforeServer(entrance: Entrance, handle: Handle): Handle {
  const { runtime, state } = entrance
  return (request, response) => {
    const { live } = runtime.host
    if (live.middleware === null || request.socket instanceof InsideSocket) handle(request, response)
    else if (state.closing || checkCaller(request, state.ports) !== null) handle(request, response)
    else if (isManagement(request.url ?? '')) handle(request, response)
    else
      void serveThrough(entrance, { request, response, live, middleware: live.middleware, isInside: false })
  }
}

/**
 * The way to take a middleware out must not lead through it: one that refuses everything could not be stopped, and one
 * that waits for its own reload would never be done. Only for a path with nothing to resolve, so that it is no other's.
 */
function isManagement(url: string): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return /^\/plugins(?:\/|$)/.test(path) && new URL(`http://localhost${path}`).pathname === path
}

interface Passage {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly live: Snapshot
  readonly middleware: MiddlewareRunner
  /** Whether it went on from the middleware to the server. */
  isInside: boolean
}

async function serveThrough(entrance: Entrance, passage: Passage): Promise<void> {
  const { runtime, tokens } = entrance
  const { request, response } = passage
  const ended = new AbortController()
  let arrived: WebRequest | null = null
  // What is further in by now is told by itself, and speaks through us.
  const stop = (cause: Interruption): void => {
    if (!passage.isInside && cause !== 'client_gone')
      writeErrorAnswer(request, response, interruptionError(cause))
  }
  runtime.open.add(stop)
  response.on('error', () => {})
  response.once('close', () => {
    runtime.open.delete(stop)
    ended.abort()
    arrived?.body?.discard()
  })
  try {
    await tokens.lookUp(request.headers)?.catch((error: unknown) => {
      throw new RequestRefused('store_unavailable', keysUnavailable(runtime.log, error))
    })
    arrived = toRequest(request, {
      maxBytes: runtime.limits.bodyBytes,
      hidden: tokens.secretHeaders(request.headers),
      signal: ended.signal,
    })
    const broken = await answer(entrance, passage, { arrived, signal: ended.signal })
    if (broken !== null)
      runtime.log.warn('An answer broke off', { path: pathOf(request), error: broken.message })
  } catch (thrown) {
    refuse(entrance, passage, { thrown, isTooLarge: arrived?.body?.isTooLarge ?? false })
  }
}

async function answer(
  { tokens, server }: Entrance,
  passage: Passage,
  { arrived, signal }: { readonly arrived: WebRequest; readonly signal: AbortSignal },
): Promise<Error | null> {
  const { request, response, live, middleware } = passage
  const admission: Admission = {
    identity: tokens.identify(request.headers),
    credentials: tokens.clientCredentials(request.headers),
    live,
    websocket: request.headers.upgrade?.toLowerCase() === 'websocket',
  }
  const own = new WeakSet<Response>()
  const made = await middleware(arrived.request, async (changed) => {
    passage.isInside = true
    const isUnchanged = changed === arrived.request
    const host = request.headers.host ?? ''
    const inside = await callInside(changed, { server: server(), admission, host, isUnchanged, signal })
    own.add(inside)
    return inside
  })
  return sendResponse(response, made, { keepsLength: own.has(made), defaults: {} })
}

function refuse(
  { runtime }: Entrance,
  { request, response }: Passage,
  { thrown, isTooLarge }: { readonly thrown: unknown; readonly isTooLarge: boolean },
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  if (isTooLarge) {
    writeErrorAnswer(request, response, tooLarge)
    return
  }
  if (thrown instanceof RequestRefused) {
    writeErrorAnswer(request, response, thrown.error)
    return
  }
  // The plugin host has told of its own already.
  if (!PluginError.is(thrown)) {
    const error = thrown instanceof Error ? thrown.stack : String(thrown)
    runtime.log.error('A request could not be sent through middleware', { path: pathOf(request), error })
  }
  writeErrorAnswer(
    request,
    response,
    failure('internal', 'A middleware of the gateway failed. Its log tells why.'),
  )
}

function pathOf({ url }: IncomingMessage): string | undefined {
  return url?.split('?', 1)[0]
}
