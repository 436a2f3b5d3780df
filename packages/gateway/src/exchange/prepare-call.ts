import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '@agentproxy/plugin'
import { formats } from '@agentproxy/wire'
import type { ClientCredentials } from '../access/token-book.ts'
import type { Account } from '../accounts/accounts-of.ts'
import { readCredential } from '../accounts/read-credential.ts'
import type { UpstreamRequest } from '../relay/relay.ts'
import { askPreparers } from './ask-handlers.ts'
import type { Exchange } from './exchange.ts'
import { pathFor } from './plan-call.ts'
import type { CallPlan } from './plan-call.ts'
import type { GatewayRuntime } from './runtime.ts'
import { sealHeaders, upstreamHeaders } from './upstream-headers.ts'
import { writeBody } from './write-body.ts'
import type { ArrivedBody, UpstreamBody } from './write-body.ts'

export interface Arrival {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The client's own for a vendor, beside the gateway's token; null = none. */
  readonly credentials: ClientCredentials | null
  /** The provider its path names, which alone may be asked; null = any. */
  readonly provider: string | null
  /** Model and mode of formats that name them in the URL; null for those that name them in the body. */
  readonly named: { readonly model: string; readonly stream: boolean } | null
}

/**
 * Makes the upstream request: key, body in the upstream's format, headers, and whatever `request.prepare` handlers change.
 * Throws `RequestRefused`.
 */
export async function prepareCall(
  runtime: GatewayRuntime,
  exchange: Exchange,
  input: {
    readonly plan: CallPlan
    readonly account: Account
    readonly arrival: Arrival
    readonly body: ArrivedBody
  },
): Promise<UpstreamRequest> {
  const { plan, arrival } = input
  const format = formats[plan.format]
  if (format === undefined) throw new Error(`no format ${plan.format}`)
  const credential = readCredential(plan.provider.name, input.account, runtime.env)
  const parse = exchange.live.requestBodyNeeded
  const body = writeBody(exchange, plan, { body: input.body, parse, strict: runtime.strict })
  const headers = upstreamHeaders(arrival.headers, plan.provider, {
    client: exchange.format,
    upstream: plan.format,
  })
  const prepared = await runPrepareHook(exchange, plan, { headers, body, parse, account: input.account })
  const target = runtime.pools.target(plan.template)
  return {
    target,
    path:
      plan.format === exchange.format && !target.hasQuery
        ? pathFor(plan, target.path) + forwardedQuery(arrival.url)
        : pathFor(plan, target.path),
    headers: sealHeaders(prepared.headers, credential),
    body: prepared.bytes,
    secret: credential?.secret ?? null,
    provider: plan.provider.name,
    format,
    writing: body.writing,
  }
}

interface Draft {
  readonly headers: Readonly<Record<string, string>>
  readonly body: UpstreamBody
  /** Whether some handler asked for the document. */
  readonly parse: boolean
  readonly account: Account
}

async function runPrepareHook(
  exchange: Exchange,
  plan: CallPlan,
  { headers, body, parse, account }: Draft,
): Promise<{ headers: Readonly<Record<string, string>>; bytes: Buffer }> {
  if (exchange.live.hooks['request.prepare'] === null) return { headers, bytes: body.bytes }
  const document: JsonObject | null = parse ? body.document : null
  const made = await askPreparers(exchange.live, {
    exchangeId: exchange.id,
    identity: exchange.identity,
    provider: plan.provider.name,
    model: plan.model,
    format: plan.format,
    headers,
    clientCredential: account.own === null ? null : account.label,
    body: document,
  })
  const unchanged = made.body === document || made.body === null
  return { headers: made.headers, bytes: unchanged ? body.bytes : Buffer.from(JSON.stringify(made.body)) }
}

/** Of a client's query only what vendors know is sent on: anything else might be a secret in the wrong place. */
function forwardedQuery(url: string): string {
  const mark = url.indexOf('?')
  if (mark < 0) return ''
  const beta = new URLSearchParams(url.slice(mark)).get('beta')
  return beta === null ? '' : `?beta=${encodeURIComponent(beta)}`
}
