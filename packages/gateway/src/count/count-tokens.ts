import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { JsonObject, ProviderDefinition, RequestPrepare } from '@agentproxy/plugin'
import { formats } from '@agentproxy/wire'
import { accountsOf } from '../accounts/accounts-of.ts'
import { clientAccount } from '../accounts/client-account.ts'
import type { Account } from '../accounts/accounts-of.ts'
import { failure, RequestRefused } from '../exchange/failure.ts'
import { pathFor } from '../exchange/plan-call.ts'
import { readCredential } from '../accounts/read-credential.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { sealHeaders, upstreamHeaders } from '../exchange/upstream-headers.ts'
import { resolvePinned } from '../routing/resolve-pinned.ts'
import { resolveModel, resolveRouted } from '../routing/resolve-model.ts'
import type { ResolvedModel } from '../routing/resolve-model.ts'
import { askUpstream } from './ask-upstream.ts'
import { readCount, unwrapped, writeCount, writeCountBody } from './count-body.ts'
import type { CountFormat } from './count-body.ts'
import { estimateTokens } from './estimate-tokens.ts'

export interface CountQuestion {
  readonly format: CountFormat
  /** As the client wrote it, in the body or the URL. */
  readonly model: string
  readonly document: JsonObject
  readonly bodyBytes: number
  readonly signal: AbortSignal
}

export interface Count {
  /** In the client's format. */
  readonly body: unknown
  readonly isEstimate: boolean
}

/**
 * Counts a request's tokens without generating any: the upstream's own count where it has one, else an estimate. The same
 * guards are asked as for an exchange, but it is none: nothing of it is recorded. Throws `RequestRefused`.
 */
export async function countTokens(
  runtime: GatewayRuntime,
  request: FastifyRequest,
  question: CountQuestion,
): Promise<Count> {
  const id = `count-${randomUUID()}`
  await guard(request, id, question)
  const target = await resolve(runtime, request, { ...question, id })
  await requireAllowed(runtime, request, { asked: question.model, target })
  const counter = counterOf(target.provider, question.format)
  if (counter === null) {
    const { format, document } = question
    const tokens = estimateTokens(format === 'gemini' ? unwrapped(document) : document)
    return { body: writeCount(format, tokens), isEstimate: true }
  }
  return askCounter(runtime, request, { ...question, ...target, ...counter, id })
}

async function requireAllowed(
  { spending }: GatewayRuntime,
  { identity }: FastifyRequest,
  { asked, target }: { readonly asked: string; readonly target: ResolvedModel },
): Promise<void> {
  const names = [asked, `${target.provider.name}/${target.model}`]
  if (identity === null || names.some(await spending.allowance(identity))) return
  const message = `The key may not use the model "${asked.slice(0, 200)}".`
  throw new RequestRefused('model_not_allowed', failure('permission', message))
}

async function guard(
  { live, identity, method, url }: FastifyRequest,
  exchangeId: string,
  { format, model, bodyBytes }: CountQuestion,
): Promise<void> {
  const hook = live.hooks['request.received']
  if (hook === null || identity === null) return
  const path = url.split('?', 1)[0] ?? url
  const facts = { exchangeId, identity, method, path, format, model, stream: false, bodyBytes }
  const verdict = await hook(facts)
  if (verdict.blocked) throw blocked(verdict)
}

async function resolve(
  { aliases, directory }: GatewayRuntime,
  { live, identity, pinned }: FastifyRequest,
  { id, format, model }: { readonly id: string; readonly format: CountFormat; readonly model: string },
): Promise<ResolvedModel> {
  const routing = { live, aliases, directory }
  if (pinned !== null) return resolvePinned(routing, pinned, model)
  const hook = live.hooks['model.route']
  const route =
    hook === null || identity === null ? null : await hook({ exchangeId: id, identity, format, model })
  if (route !== null) return resolveRouted(live, route)
  const [first] = await resolveModel(routing, model)
  if (first === undefined) throw new Error('resolveModel found nothing and said nothing')
  return first
}

interface Counter {
  readonly to: CountFormat
  readonly countUrl: string
}

/** The upstream's count in the client's format if it has that, else in another; null if it has none. */
function counterOf({ endpoints }: ProviderDefinition, own: CountFormat): Counter | null {
  for (const to of [own, own === 'anthropic' ? 'gemini' : 'anthropic'] as const) {
    const countUrl = endpoints[to]?.countUrl
    if (countUrl !== undefined) return { to, countUrl }
  }
  return null
}

type Asked = CountQuestion & ResolvedModel & Counter & { readonly id: string }

/** The first account whose key is there, else the first of all. */
function accountOf(provider: ProviderDefinition, env: GatewayRuntime['env']): Account {
  const accounts = accountsOf(provider)
  const usable = accounts.find(({ credential }) => credential === null || env[credential.env])
  const account = usable ?? accounts[0]
  if (account === undefined) throw new Error('a provider has at least one account')
  return account
}

async function askCounter(runtime: GatewayRuntime, request: FastifyRequest, asked: Asked): Promise<Count> {
  const { format: from, to, model, provider, countUrl, signal } = asked
  const format = formats[to]
  if (format === undefined) throw new Error(`no format ${to}`)
  const account = clientAccount(provider, request.credentials) ?? accountOf(provider, runtime.env)
  const credential = readCredential(provider.name, account, runtime.env)
  const draft = {
    headers: upstreamHeaders(request.headers, provider, { client: from, upstream: to }),
    body: writeCountBody(asked.document, { from, to, model }),
  }
  const clientCredential = account.own === null ? null : account.label
  const { headers, body } = await prepare(request, { ...asked, clientCredential }, draft)
  const target = runtime.pools.target(countUrl)
  const answer = await askUpstream({
    target,
    path: pathFor({ model }, target.path),
    headers: sealHeaders(headers, credential),
    body: JSON.stringify(body),
    format,
    provider: provider.name,
    secret: credential?.secret ?? null,
    maxBytes: runtime.limits.answerBytes,
    signal,
  })
  const tokens = readCount(to, answer)
  if (tokens === null) {
    const error = failure('upstream', `The upstream "${provider.name}" gave no count.`)
    throw new RequestRefused('bad_answer', error)
  }
  return { body: from === to ? answer : writeCount(from, tokens), isEstimate: false }
}

interface Draft {
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
}

async function prepare(
  { live, identity }: FastifyRequest,
  asked: Asked & Pick<RequestPrepare, 'clientCredential'>,
  draft: Draft,
): Promise<Draft> {
  const hook = live.hooks['request.prepare']
  if (hook === null || identity === null) return draft
  const { id: exchangeId, model, to: format } = asked
  const body = live.requestBodyNeeded ? draft.body : null
  const verdict = await hook({
    exchangeId,
    identity,
    provider: asked.provider.name,
    model,
    format,
    headers: draft.headers,
    clientCredential: asked.clientCredential,
    body,
  })
  if (verdict.blocked) throw blocked(verdict)
  return { headers: verdict.payload.headers, body: verdict.payload.body ?? draft.body }
}

function blocked({ plugin, reason }: { readonly plugin: string; readonly reason: string }): RequestRefused {
  const message = `Blocked by the plugin "${plugin}": ${reason}`
  return new RequestRefused(`blocked: ${reason}`, failure('permission', message))
}
