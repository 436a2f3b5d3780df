import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ModelUsage } from '@agentproxy/plugin'
import { costOf } from './cost-of.ts'
import type { Price } from './cost-of.ts'
import { PriceBook, shippedPrices } from './price-book.ts'

const upstream = (name: string, simulated = false) => ({ name, simulated })

function usage(fields: Partial<ModelUsage>): ModelUsage {
  return {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    reasoningTokens: null,
    ...fields,
  }
}

const count = fc.nat(1_000_000)
const rate = fc.double({ min: 0, max: 100, noNaN: true })
const flat = fc
  .record({ input: rate, output: rate, cachedInput: rate, cacheWrite: rate })
  .map((tier): Price => [{ upToInputTokens: null, ...tier }])
const anyUsage = fc
  .record({ fresh: count, read: count, written: count, output: count })
  .map(({ fresh, read, written, output }) =>
    usage({
      inputTokens: fresh + read + written,
      outputTokens: output,
      cacheReadTokens: read,
      cacheWriteTokens: written,
    }),
  )

function plus(a: ModelUsage, b: ModelUsage): ModelUsage {
  const add = (key: keyof ModelUsage): number => (a[key] ?? 0) + (b[key] ?? 0)
  return usage({
    inputTokens: add('inputTokens'),
    outputTokens: add('outputTokens'),
    cacheReadTokens: add('cacheReadTokens'),
    cacheWriteTokens: add('cacheWriteTokens'),
  })
}

test('the cost of two answers is the sum of their costs', () => {
  fc.assert(
    fc.property(flat, anyUsage, anyUsage, (price, a, b) => {
      const apart = (costOf(price, a) ?? Number.NaN) + (costOf(price, b) ?? Number.NaN)
      expect(costOf(price, plus(a, b))).toBeCloseTo(apart, 6)
    }),
  )
})

test('more tokens of any kind never cost less', () => {
  fc.assert(
    fc.property(flat, anyUsage, anyUsage, (price, a, more) => {
      expect(costOf(price, plus(a, more))).toBeGreaterThanOrEqual(costOf(price, a) ?? Number.NaN)
    }),
  )
})

test('cached tokens have their own rates, and reasoning is not counted twice', () => {
  const price = new PriceBook().find(upstream('anthropic'), 'claude-haiku-4-5-20251001') ?? []
  // What Claude Code reported for this usage.
  const reported = { inputTokens: 160, outputTokens: 25, cacheReadTokens: 30, cacheWriteTokens: 10 }
  expect(costOf(price, usage(reported))).toBeCloseTo(0.0002605, 12)
  expect(costOf(price, usage({ ...reported, reasoningTokens: 20 }))).toBeCloseTo(0.0002605, 12)
})

test('a long prompt has the price of its tier, whole', () => {
  const price = new PriceBook().find(upstream('anthropic'), 'claude-haiku-5-5') ?? []
  expect(costOf(price, usage({ inputTokens: 100_000 }))).toBeCloseTo(0.01, 12)
  expect(costOf(price, usage({ inputTokens: 100_001 }))).toBeCloseTo(0.0500005, 12)
})

test('what is not known is null, never zero', () => {
  const book = new PriceBook({ 'openai/known': { input: 1, output: 2 } })
  const own = book.find(upstream('openai'), 'known') ?? []
  expect(book.find(upstream('openai'), 'gpt-unheard-of')).toBeNull()
  expect(costOf(own, usage({ inputTokens: 1_000_000, outputTokens: 500_000 }))).toBe(2)
  expect(costOf(own, usage({ inputTokens: null }))).toBeNull()
  expect(costOf(own, usage({ inputTokens: 10, cacheReadTokens: 1 }))).toBeNull()
  const limited = own.map((tier) => ({ ...tier, upToInputTokens: 200_000 }))
  expect(costOf(limited, usage({ inputTokens: 200_000 }))).not.toBeNull()
  expect(costOf(limited, usage({ inputTokens: 200_001 }))).toBeNull()
})

test('the models that agents use most have a price, by dated names too', () => {
  const book = new PriceBook()
  for (const model of ['gpt-5.5', 'gpt-5.5-2026-04-23', 'gpt-5.5-codex', 'gpt-5-mini', 'o3'])
    expect(book.find(upstream('openai'), model), model).not.toBeNull()
  for (const model of ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-3-pro-preview'])
    expect(book.find(upstream('gemini'), model), model).not.toBeNull()
  const pro = book.find(upstream('gemini'), 'gemini-2.5-pro') ?? []
  const long = costOf(pro, usage({ inputTokens: 200_001 })) ?? 0
  expect(long / (costOf(pro, usage({ inputTokens: 200_000 })) ?? 0)).toBeGreaterThan(1.5)
})

test('a scripted upstream costs nothing, whatever its name', () => {
  const price = new PriceBook().find(upstream('openai', true), 'fix') ?? []
  expect(costOf(price, usage({ inputTokens: 10, outputTokens: 10, cacheReadTokens: 5 }))).toBe(0)
})

test('one’s own price goes before the one that is shipped', () => {
  const book = new PriceBook({ 'anthropic/claude-haiku-4-5': { input: 7, output: 7 } })
  expect(book.find(upstream('anthropic'), 'claude-haiku-4-5')).toMatchObject([
    { input: 7, cachedInput: null },
  ])
})

test('every shipped price is in order: rising tiers, no negative rate, output no cheaper than input, a source', () => {
  const { vendors } = shippedPrices()
  for (const [vendor, { models, ...rest }] of Object.entries(vendors)) {
    expect(rest, vendor).toMatchObject({ url: expect.stringMatching(/^https:/), source: expect.any(String) })
    for (const [model, price] of Object.entries(models)) {
      expect(price.length, model).toBeGreaterThan(0)
      const bounds = price.map(({ upToInputTokens }) => upToInputTokens ?? Infinity)
      expect(bounds, model).toEqual(bounds.toSorted((a, b) => a - b))
      for (const { input, output, cachedInput } of price) {
        expect(input, model).toBeGreaterThan(cachedInput ?? 0)
        expect(output, model).toBeGreaterThanOrEqual(input)
      }
    }
  }
})
