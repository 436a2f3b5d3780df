import type { JsonObject } from '@agentproxy/plugin'
import { formats, WireReadError } from '@agentproxy/wire'
import type { WriteOptions } from '@agentproxy/wire'
import type { Exchange } from './exchange.ts'
import { failure, RequestRefused } from './failure.ts'
import type { CallPlan } from './plan-call.ts'

/** A request body on its way to the upstream: untouched bytes for as long as nobody needs its document. */
export interface UpstreamBody {
  readonly bytes: Buffer
  /** null where the bytes were never parsed. */
  readonly document: JsonObject | null
  /** What of the request the answer's writer must know; empty where nothing is translated. */
  readonly writing: WriteOptions
}

export interface ArrivedBody {
  readonly bytes: Buffer
  /** Where in the bytes the model's JSON token is, and what it says; null where the URL names the model. */
  readonly modelToken: { readonly value: string; readonly start: number; readonly end: number } | null
}

/**
 * The body in the upstream's format, with the upstream's model name. It is parsed only to be translated, or because
 * `parse` asks for the document. Throws `RequestRefused` (400) if it is not a request of the client's format.
 */
export function writeBody(
  exchange: Exchange,
  plan: CallPlan,
  { body, parse, strict }: { body: ArrivedBody; parse: boolean; strict: boolean },
): UpstreamBody {
  if (plan.format !== exchange.format) {
    const translated = translate(exchange, plan, body.bytes)
    if (strict) refuseLoss(exchange, plan)
    return translated
  }
  const bytes = spliceModel(body, plan.model)
  const document = parse ? parseObject(bytes) : null
  return { bytes, document, writing: {} }
}

/** What is emulated is said by other means, and so not lost. */
function refuseLoss({ format, loss }: Exchange, plan: CallPlan): void {
  const lost = loss.entries.filter(({ kind }) => kind !== 'emulated')
  if (lost.length === 0) return
  const all = lost
    .map(({ kind, code, pointer }) => `${pointer === '' ? '/' : pointer} ${kind} (${code})`)
    .join(', ')
  const message = `Strict mode: this ${format} request cannot be said in ${plan.format} without loss: ${all}. Leave that out, or ask for a model whose provider speaks ${format}.`
  throw new RequestRefused('lossy', failure('invalid_request', message))
}

/** Replaces the model's JSON token and nothing else. */
function spliceModel({ bytes, modelToken }: ArrivedBody, model: string): Buffer {
  if (modelToken === null || modelToken.value === model) return bytes
  const { start, end } = modelToken
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(JSON.stringify(model)), bytes.subarray(end)])
}

function translate(exchange: Exchange, plan: CallPlan, bytes: Buffer): UpstreamBody {
  const from = formats[exchange.format]
  const to = formats[plan.format]
  if (from === undefined || to === undefined)
    throw new Error(`no format ${exchange.format} or ${plan.format}`)
  const source = parseObject(bytes)
  try {
    const request = from.readRequest(source, exchange.loss)
    const whole = { ...request, model: plan.model, stream: exchange.stream }
    const document = to.writeRequest(whole, exchange.loss) as JsonObject
    return {
      bytes: Buffer.from(JSON.stringify(document)),
      document,
      writing: {
        includeUsage: request.includeUsage === true,
        tools: request.tools,
        legacyFunctions: request.legacyFunctions,
      },
    }
  } catch (error) {
    if (!WireReadError.is(error)) throw error
    throw new RequestRefused('bad_request', failure('invalid_request', error.message), error)
  }
}

function parseObject(bytes: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch (error) {
    throw new RequestRefused(
      'bad_json',
      failure('invalid_request', 'The request body is not valid JSON.'),
      error,
    )
  }
  throw new RequestRefused('bad_json', failure('invalid_request', 'The request body must be a JSON object.'))
}
