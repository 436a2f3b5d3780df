import { definePlugin } from '@agentproxy/plugin'
import type { ExchangeEnd, UpstreamCall, UpstreamResult } from '@agentproxy/plugin'
import { z } from 'zod'
import { AnswerStore } from './answer-store.ts'
import type { StoredAnswer } from './answer-store.ts'
import { config } from './config.ts'
import { requestKey } from './request-key.ts'

/** A request that may be answered from the store, or whose answer may go into it. */
interface Candidate {
  readonly key: string
  outcome: ExchangeEnd['outcome'] | null
}

const nothing = z.strictObject({})

/** Answers a request that was answered before, to the same caller, with the same bytes: JSON and streams. */
export const cacheResponses = definePlugin({
  name: 'cache-responses',
  version: '0.1.0',
  description: 'Answers the same request from memory',
  config,
  setup(ctx) {
    const store = new AnswerStore(ctx.config)
    const candidates = new Map<string, Candidate>()
    ctx.hook(
      'request.prepare',
      (payload) => {
        const key = requestKey(payload, ctx.config)
        if (key !== null) candidates.set(payload.exchangeId, { key, outcome: null })
      },
      { order: 'post', needsBody: true },
    )
    ctx.hook(
      'upstream.call',
      ({ exchangeId, stream }, next) => {
        const candidate = candidates.get(exchangeId)
        return candidate === undefined ? next() : answer(store, { candidate, stream }, next)
      },
      { order: 'post', needsAnswer: true },
    )
    ctx.hook('exchange.end', ({ exchangeId, outcome }) => {
      const candidate = candidates.get(exchangeId)
      if (candidate !== undefined) candidate.outcome = outcome
      candidates.delete(exchangeId)
    })
    ctx.tool('cache-responses.stats', {
      description: 'How many answers are kept, and how often they were used',
      parameters: nothing,
      execute: () => store.figures(),
    })
    ctx.tool('cache-responses.clear', {
      description: 'Forgets all kept answers',
      parameters: nothing,
      execute: () => ({ cleared: store.clear() }),
    })
    ctx.health(() => ({ status: 'pass', details: { ...store.figures() } }))
  },
})

interface Lookup {
  readonly candidate: Candidate
  readonly stream: UpstreamCall['stream']
}

async function answer(
  store: AnswerStore,
  { candidate, stream }: Lookup,
  next: () => Promise<UpstreamResult>,
): Promise<UpstreamResult> {
  // One key for both modes would answer a stream with a document.
  const key = `${stream ? 'stream' : 'json'}:${candidate.key}`
  const kept = store.get(key)
  if (kept !== null) {
    const headers = { 'content-type': kept.contentType, 'x-agentproxy-cache': 'hit' }
    return { kind: 'response', status: 200, headers, body: kept.body }
  }
  const result = await next()
  // The exchange has ended by now, and said how.
  const isGood = result.kind === 'relayed' && result.status === 200 && candidate.outcome === 'completed'
  const made = isGood ? toStored(result) : null
  if (made !== null) store.set(key, made)
  return result
}

function toStored({ answer: given }: Extract<UpstreamResult, { kind: 'relayed' }>): StoredAnswer | null {
  if (given?.status !== 200) return null
  try {
    // Kept as text, so only what is text to the last byte.
    const body = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(given.body)
    return { body, contentType: given.headers['content-type'] ?? 'application/json' }
  } catch {
    return null
  }
}
