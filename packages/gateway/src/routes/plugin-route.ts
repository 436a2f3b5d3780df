import type { FastifyReply, FastifyRequest } from 'fastify'
import { PluginError } from '@agentproxy/plugin'
import type { RouteMatch } from '@agentproxy/kernel'
import type { TokenBook } from '../access/token-book.ts'
import { failure } from '../exchange/failure.ts'
import { interruptionError } from '../exchange/interrupt.ts'
import type { Interruption } from '../exchange/interrupt.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { sendResponse } from '../web/send-response.ts'
import { toRequest } from '../web/to-request.ts'
import type { WebRequest } from '../web/to-request.ts'
import { standardHeaders, tooLarge, writeErrorAnswer } from './dialect.ts'

export interface PluginRouteCall {
  readonly runtime: GatewayRuntime
  readonly tokens: TokenBook
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly match: Extract<RouteMatch, { found: 'route' }>
}

/** Has a plugin's route answer. Never rejects: a handler that fails is a plain 500, a stream that breaks is cut. */
export async function servePluginRoute(call: PluginRouteCall): Promise<void> {
  const { runtime, tokens, match } = call
  call.reply.hijack()
  const { raw: request } = call.request
  const { raw: response } = call.reply
  const signal = watch(call)
  let arrived: WebRequest | null = null
  try {
    const maxBytes = runtime.limits.bodyBytes
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      writeErrorAnswer(request, response, tooLarge)
      return
    }
    const hidden = tokens.secretHeaders(request.headers)
    arrived = toRequest(request, { maxBytes, hidden, signal })
    const { body } = arrived
    if (body !== null) response.once('close', () => body.discard())
    const answer = await match.route.handle(arrived.request, { params: match.params, signal })
    const broken = await sendResponse(response, answer, { keepsLength: true, defaults: standardHeaders })
    if (broken !== null) report(call, broken)
  } catch (thrown) {
    // The plugin host has told of what is the handler's own failure.
    if (!PluginError.is(thrown)) report(call, thrown)
    const isTooLarge = arrived?.body?.isTooLarge === true
    const error = isTooLarge
      ? tooLarge
      : failure('internal', `The plugin "${match.route.plugin}" failed. The gateway's log tells why.`)
    if (response.headersSent) response.destroy()
    else writeErrorAnswer(request, response, error)
  }
}

/** Ends with the client, after the longest time an exchange may take, or at shutdown once the time to finish is over. */
function watch({ runtime, request, reply }: PluginRouteCall): AbortSignal {
  const { raw } = reply
  const controller = new AbortController()
  const stop = (cause: Interruption): void => {
    controller.abort(new Error(cause))
    if (raw.headersSent) raw.destroy()
    else if (cause !== 'client_gone') writeErrorAnswer(request.raw, raw, interruptionError(cause))
  }
  const timer = setTimeout(stop, runtime.routing.timeouts.totalMs, 'total_timeout')
  runtime.open.add(stop)
  raw.on('error', () => {})
  raw.once('close', () => {
    clearTimeout(timer)
    runtime.open.delete(stop)
    if (!raw.writableFinished) controller.abort(new Error('client_gone'))
  })
  return controller.signal
}

function report({ runtime, match: { route } }: PluginRouteCall, thrown: unknown): void {
  runtime.log.error("A plugin's answer could not be sent whole", {
    plugin: route.plugin,
    route: `${route.method} ${route.path}`,
    error: thrown instanceof Error ? thrown.message : String(thrown),
  })
}
