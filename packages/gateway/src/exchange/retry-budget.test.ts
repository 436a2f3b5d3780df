import { expect, test } from 'vitest'
import { RetryBudget } from './retry-budget.ts'

function takeAll(budget: RetryBudget, now: number): number {
  let taken = 0
  while (taken < 10_000 && budget.take(now)) taken += 1
  return taken
}

test('retries are a part of the exchanges, and ten are always allowed', () => {
  const now = 1_000_000
  const idle = new RetryBudget(0.2)
  expect(takeAll(idle, now)).toBe(10)
  const busy = new RetryBudget(0.2)
  for (let index = 0; index < 500; index += 1) busy.count(now)
  expect(takeAll(busy, now)).toBe(100)
  expect(busy.take(now + 4_000)).toBe(false)
})

test('what was taken is forgotten as the window moves on', () => {
  const budget = new RetryBudget(0)
  const now = 1_000_000
  expect(takeAll(budget, now)).toBe(10)
  expect(budget.take(now + 6_000)).toBe(false)
  expect(takeAll(budget, now + 12_000)).toBe(10)
  expect(takeAll(budget, now + 60_000)).toBe(10)
})
