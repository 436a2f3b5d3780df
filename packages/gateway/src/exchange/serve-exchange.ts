import { scanRequest } from '@agentproxy/wire'
import type { ClientAnswer } from '../relay/client-answer.ts'
import { tellFailure } from '../relay/scene.ts'
import { findTargets } from '../routing/find-targets.ts'
import { askGuards } from './ask-handlers.ts'
import { Attempts } from './attempts.ts'
import type { Exchange } from './exchange.ts'
import { failure, RequestRefused } from './failure.ts'
import { interrupt } from './interrupt.ts'
import type { Interruptible, Interruption } from './interrupt.ts'
import { planCall } from './plan-call.ts'
import type { Arrival } from './prepare-call.ts'
import type { GatewayRuntime } from './runtime.ts'
import type { ArrivedBody } from './write-body.ts'

/** Watches over an exchange from its first moment: client gone, total time, shutdown. */
export function superviseExchange(
  runtime: GatewayRuntime,
  exchange: Exchange,
  answer: ClientAnswer,
): Interruptible {
  const scope: Interruptible = { exchange, answer, relay: null }
  const stop = (cause: Interruption): void => interrupt(scope, cause)
  if (answer.closed) {
    stop('client_gone')
    return scope
  }
  const timer = setTimeout(stop, runtime.routing.timeouts.totalMs, 'total_timeout')
  runtime.open.add(stop)
  answer.onceClosed(() => {
    clearTimeout(timer)
    runtime.open.delete(stop)
    const { taskId } = exchange.identity
    if (taskId !== null && answer.head !== null) runtime.taskLimits.note(taskId, answer.head)
    stop('client_gone')
  })
  answer.setHeader('x-agentproxy-exchange', exchange.id)
  return scope
}

/** Serves one exchange to its end. Never rejects: whatever goes wrong becomes an answer in the client's dialect. */
export async function serveExchange(
  runtime: GatewayRuntime,
  scope: Interruptible,
  input: {
    readonly arrival: Arrival
    readonly bytes: Buffer | undefined
    /** Chooses the endpoint; default `planCall`. */
    readonly plan?: typeof planCall | undefined
  },
): Promise<void> {
  const { exchange } = scope
  try {
    const body = readArrived(exchange, input.bytes, input.arrival)
    if (exchange.live.hooks['request.received'] !== null) await guardRequest(exchange, input.arrival, body)
    runtime.retries.count(Date.now())
    const { live, id: exchangeId, identity, format, model } = exchange
    const { headers, provider: pinned } = input.arrival
    const facts = { exchangeId, identity, format, model }
    const targets = await findTargets(runtime, { live, pinned, facts, headers, bytes: body.bytes })
    if (exchange.ended) return
    await new Attempts({
      runtime,
      scope,
      arrival: input.arrival,
      body,
      targets,
      plan: input.plan ?? planCall,
    }).run()
  } catch (error) {
    rejectExchange(runtime, scope, error)
  }
}

/** Answers an exchange that no upstream was called for. */
export function rejectExchange(
  runtime: GatewayRuntime,
  { exchange, answer, relay }: Interruptible,
  cause: unknown,
): void {
  if (exchange.ended) return
  if (cause instanceof RequestRefused) {
    if (answer.started) tellFailure({ exchange, answer }, cause)
    else if (exchange.end('rejected', cause.reason, cause.error.status)) answer.sendError(cause.error)
    return
  }
  const detail = cause instanceof Error ? cause.stack : String(cause)
  runtime.log.error('An exchange failed inside the gateway', { exchangeId: exchange.id, error: detail })
  const error = failure('internal', `The gateway failed. Its log tells why, under ${exchange.id}.`)
  if (relay !== null) relay.fail(error, 'internal')
  else if (answer.started) tellFailure({ exchange, answer }, { error, reason: 'internal' })
  else if (exchange.end('failed', 'internal', error.status)) answer.sendError(error)
}

function readArrived(
  exchange: Exchange,
  bytes: Buffer | undefined,
  { headers, named }: Arrival,
): ArrivedBody {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw refused('bad_encoding', 'A compressed request body is not accepted. Send it plain.', 415)
  }
  const scan = bytes === undefined ? null : scanRequest(bytes)
  if (bytes === undefined || scan === null)
    throw refused('bad_json', 'The request body must be a JSON object.')
  const model = named?.model ?? scan.model?.value ?? ''
  if (model === '') {
    throw refused(
      'no_model',
      'The request names no model: "model" must be a string such as "provider/model".',
    )
  }
  exchange.model = model
  exchange.stream = named?.stream ?? scan.stream
  return { bytes, modelToken: named === null ? scan.model : null }
}

function refused(reason: string, message: string, status = 400): RequestRefused {
  return new RequestRefused(reason, failure('invalid_request', message, status))
}

function guardRequest(
  { live, id: exchangeId, identity, format, model, stream }: Exchange,
  { method, url }: Arrival,
  { bytes }: ArrivedBody,
): Promise<void> {
  const facts = { exchangeId, identity, method, url, format, model, stream, bodyBytes: bytes.length }
  return askGuards(live, facts)
}
