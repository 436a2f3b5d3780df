import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AccountStrategy } from '../routing/routing-options.ts'
import { orderAccounts } from './order-accounts.ts'
import type { Rankable, Turns } from './order-accounts.ts'

function account(label: string, over: Partial<Rankable> = {}): Rankable {
  return { label, weight: 1, priority: 0, inFlight: 0, ...over }
}

function firsts(accounts: readonly Rankable[], strategy: AccountStrategy, rounds: number): string[] {
  let turns: Turns = new Map()
  return Array.from({ length: rounds }, () => {
    const ordered = orderAccounts(accounts, strategy, turns)
    ;({ turns } = ordered)
    return ordered.accounts[0]?.label ?? ''
  })
}

const several = fc.uniqueArray(
  fc.record({
    label: fc.stringMatching(/^[a-z]{1,6}$/),
    weight: fc.integer({ min: 1, max: 9 }),
    priority: fc.constant(0),
    inFlight: fc.nat(5),
  }),
  { minLength: 1, maxLength: 8, selector: ({ label }) => label },
)

test('round-robin starves nobody: in as many rounds as there are accounts, each is first once', () => {
  fc.assert(
    fc.property(several, (accounts) => {
      const labels = firsts(accounts, 'round-robin', accounts.length)
      expect(labels.toSorted()).toEqual(accounts.map(({ label }) => label).toSorted())
    }),
  )
})

test('weighted gives each account exactly its share', () => {
  fc.assert(
    fc.property(several, (accounts) => {
      const total = accounts.reduce((sum, { weight }) => sum + weight, 0)
      const labels = firsts(accounts, 'weighted', total)
      for (const { label, weight } of accounts)
        expect(labels.filter((one) => one === label)).toHaveLength(weight)
    }),
  )
})

test('every strategy keeps every account, lower priorities first', () => {
  const strategies = fc.constantFrom<AccountStrategy>('fill-first', 'round-robin', 'weighted', 'least-loaded')
  const ranked = several.chain((accounts) =>
    fc
      .array(fc.integer({ min: 0, max: 2 }), { minLength: accounts.length, maxLength: accounts.length })
      .map((priorities) => accounts.map((one, index) => ({ ...one, priority: priorities[index] ?? 0 }))),
  )
  fc.assert(
    fc.property(ranked, strategies, (accounts, strategy) => {
      const { accounts: ordered } = orderAccounts(accounts, strategy, new Map())
      expect(new Set(ordered)).toEqual(new Set(accounts))
      const priorities = ordered.map(({ priority }) => priority)
      expect(priorities).toEqual(priorities.toSorted((a, b) => a - b))
    }),
  )
})

test('fill-first keeps to the order written, least-loaded counts calls by weight', () => {
  const accounts = [
    account('a', { inFlight: 3, weight: 2 }),
    account('b', { inFlight: 1 }),
    account('c', { inFlight: 2 }),
  ]
  expect(firsts(accounts, 'fill-first', 3)).toEqual(['a', 'a', 'a'])
  expect(orderAccounts(accounts, 'least-loaded', new Map()).accounts.map(({ label }) => label)).toEqual([
    'b',
    'a',
    'c',
  ])
})
