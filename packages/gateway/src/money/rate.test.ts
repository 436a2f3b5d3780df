import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { windowsOf } from './budget-window.ts'
import type { RateBucket } from '@agentproxy/store'
import { take } from './rate.ts'
import { takeRates } from './take-rates.ts'

const MINUTE_MS = 60_000

test('what is taken in any time is no more than a full bucket and what filled it meanwhile', () => {
  const ask = fc.record({ afterMs: fc.nat(30_000), amount: fc.integer({ min: 1, max: 40 }) })
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 200 }), fc.array(ask, { maxLength: 60 }), (perMinute, asks) => {
      let [now, taken] = [0, 0]
      let bucket: RateBucket | null = null
      for (const { afterMs, amount } of asks) {
        now += afterMs
        const result = take(bucket, { perMinute, amount }, now)
        bucket = result.bucket
        if (result.waitMs === 0) taken += amount
        expect(taken).toBeLessThanOrEqual(perMinute + (now / MINUTE_MS) * perMinute + 0.01)
      }
    }),
  )
})

test('whoever waits as long as told is served', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.array(fc.nat(700), { maxLength: 30 }),
      (perMinute, amounts) => {
        let now = 0
        let bucket: RateBucket | null = null
        for (const amount of amounts) {
          const first = take(bucket, { perMinute, amount }, now)
          now += first.waitMs
          const second = first.waitMs === 0 ? first : take(first.bucket, { perMinute, amount }, now)
          expect(second.waitMs).toBe(0)
          bucket = second.bucket
        }
      },
    ),
  )
})

test('a clock set back fills nothing', () => {
  const { bucket } = take(null, { perMinute: 60, amount: 60 }, 1000)
  expect(take(bucket, { perMinute: 60, amount: 1 }, 1000).waitMs).toBe(1000)
  expect(take(bucket, { perMinute: 60, amount: 1 }, 0).waitMs).toBe(1000)
})

test('a call that one limit refuses does not use up the other', () => {
  const limits = { requestsPerMinute: 2, tokensPerMinute: 100 }
  const first = takeRates(limits, { buckets: {}, now: 0 }, 100)
  expect(first.waitMs).toBe(0)
  expect(takeRates(limits, { buckets: first.buckets, now: 0 }, 50).waitMs).toBe(30_000)
  const { requests, tokens } = first.buckets
  expect([requests?.left, tokens?.left]).toEqual([1, 0])
})

test('days and months are those of UTC, and begin anew', () => {
  const limits = { tokensPerDay: 9, requestsPerMinute: null, tokensPerMinute: null }
  const now = Date.UTC(2026, 11, 31, 23, 59)
  expect(windowsOf({ ...limits, budgetUsd: { amount: 5, per: 'month' } }, now)).toEqual([
    { budget: { costUsd: 5, tokens: null }, since: Date.UTC(2026, 11, 1), resetsAt: Date.UTC(2027, 0, 1) },
    { budget: { costUsd: null, tokens: 9 }, since: Date.UTC(2026, 11, 31), resetsAt: Date.UTC(2027, 0, 1) },
  ])
  expect(windowsOf({ ...limits, tokensPerDay: null, budgetUsd: { amount: 5, per: 'total' } }, now)).toEqual([
    { budget: { costUsd: 5, tokens: null }, since: 0, resetsAt: null },
  ])
})
