import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Identity, JsonObject, ProviderDefinition, RequestPrepare } from '@agentproxy/plugin'
import { formats } from '@agentproxy/wire'
import { accountsOf } from '../accounts/accounts-of.ts'
import { clientAccount } from '../accounts/client-account.ts'
import type { Account } from '../accounts/accounts-of.ts'
import { askGuards, askPreparers } from '../exchange/ask-handlers.ts'
import { failure, RequestRefused } from '../exchange/failure.ts'
import { pathFor } from '../exchange/plan-call.ts'
import { readCredential } from '../accounts/read-credential.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { sealHeaders, upstreamHeaders } from '../exchange/upstream-headers.ts'
import { findTargets } from '../routing/find-targets.ts'
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
  readonly bytes: Buffer
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
  const { live, identity, method, url, headers, pinned } = request
  if (identity === null) throw new Error('not identified')
  const { format, model, bytes } = question
  const facts = { exchangeId: `count-${randomUUID()}`, identity, format, model }
  await askGuards(live, { ...facts, method, url, stream: false, bodyBytes: bytes.length })
  const [target] = await findTargets(runtime, { live, pinned, facts, headers, bytes })
  if (target === undefined) throw new Error('findTargets found nothing and said nothing')
  await requireAllowed(runtime, identity, { asked: model, target })
  const counter = counterOf(target.provider, question.format)
  if (counter === null) {
    const { document } = question
    const tokens = estimateTokens(format === 'gemini' ? unwrapped(document) : document)
    return { body: writeCount(format, tokens), isEstimate: true }
  }
  return askCounter(runtime, request, { ...question, ...facts, ...target, ...counter })
}

async function requireAllowed(
  { spending }: GatewayRuntime,
  identity: Identity,
  { asked, target }: { readonly asked: string; readonly target: ResolvedModel },
): Promise<void> {
  const names = [asked, `${target.provider.name}/${target.model}`]
  if (names.some(await spending.allowance(identity))) return
  const message = `The key may not use the model "${asked.slice(0, 200)}".`
  throw new RequestRefused('model_not_allowed', failure('permission', message))
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

type Asked = CountQuestion & ResolvedModel & Counter & Pick<RequestPrepare, 'exchangeId' | 'identity'>

/** The first account whose key is there, else the first of all. */
function accountOf(provider: ProviderDefinition, env: GatewayRuntime['env']): Account {
  const accounts = accountsOf(provider)
  const usable = accounts.find(({ credential }) => credential === null || env[credential.env])
  const account = usable ?? accounts[0]
  if (account === undefined) throw new Error('a provider has at least one account')
  return account
}

async function askCounter(runtime: GatewayRuntime, request: FastifyRequest, asked: Asked): Promise<Count> {
  const { format: from, to, model, provider, countUrl, signal, exchangeId, identity } = asked
  const format = formats[to]
  if (format === undefined) throw new Error(`no format ${to}`)
  const { live } = request
  const account = clientAccount(provider, request.credentials) ?? accountOf(provider, runtime.env)
  const credential = readCredential(provider.name, account, runtime.env)
  const document = writeCountBody(asked.document, { from, to, model })
  const { headers, body } = await askPreparers(live, {
    exchangeId,
    identity,
    provider: provider.name,
    model,
    format: to,
    headers: upstreamHeaders(request.headers, provider, { client: from, upstream: to }),
    clientCredential: account.own === null ? null : account.label,
    body: live.requestBodyNeeded ? document : null,
  })
  const target = runtime.pools.target(countUrl)
  const answer = await askUpstream({
    target,
    path: pathFor({ model }, target.path),
    headers: sealHeaders(headers, credential),
    body: JSON.stringify(body ?? document),
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
