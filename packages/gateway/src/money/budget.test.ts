import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeBudget } from './budget.ts'
import { estimateCall } from './estimate.ts'

const price = [{ upToInputTokens: null, input: 2, output: 10, cachedInput: null, cacheWrite: null }]
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

test('however calls come and go, a budget is passed by at most one reserve', () => {
  const step = fc.record({ starts: fc.boolean(), reserve: fc.nat(50), used: fc.nat(50) })
  fc.assert(
    fc.property(fc.nat(200), fc.array(step, { maxLength: 80 }), (tokens, steps) => {
      const open: { readonly used: number; readonly reserve: number }[] = []
      const held = (): number => open.reduce((sum, call) => sum + call.reserve, 0)
      let spent = 0
      let largest = 0
      for (const { starts, reserve, used } of steps) {
        const settled = starts ? undefined : open.shift()
        if (settled !== undefined) spent += settled.used
        const now = { costUsd: 0, tokens: spent }
        if (
          !starts ||
          judgeBudget({ costUsd: null, tokens }, now, { costUsd: 0, tokens: held() }).kind !== 'free'
        )
          continue
        largest = Math.max(largest, reserve)
        // A call uses no more than was put aside for it.
        open.push({ used: Math.min(used, reserve), reserve })
        expect(spent + held()).toBeLessThan(tokens + largest + 1)
      }
      for (const { used } of open) spent += used
      expect(spent).toBeLessThanOrEqual(tokens + largest)
    }),
  )
})

test('what is spent uses a budget up, what is put aside only holds it', () => {
  const budget = { costUsd: 1, tokens: 100 }
  const none = { costUsd: 0, tokens: 0 }
  expect(judgeBudget(budget, none, none)).toEqual({ kind: 'free' })
  expect(judgeBudget(budget, none, { costUsd: 1, tokens: 0 })).toEqual({ kind: 'held' })
  expect(judgeBudget(budget, { costUsd: 0.5, tokens: 100 }, none)).toEqual({
    kind: 'used_up',
    of: 'tokens',
    spent: 100,
    budget: 100,
  })
  expect(judgeBudget({ costUsd: null, tokens: null }, { costUsd: 9, tokens: 9 }, none)).toEqual({
    kind: 'free',
  })
})

test.each([
  ['anthropic, chat', { max_tokens: 100 }, 100],
  ['newer chat', { max_completion_tokens: 200 }, 200],
  ['responses', { max_output_tokens: 300 }, 300],
  ['gemini', { generationConfig: { maxOutputTokens: 400 } }, 400],
  ['no limit', {}, 4096],
  ['a limit that is none', { max_tokens: 'many' }, 4096],
])('the longest answer is read from the request: %s', (_, body, output) => {
  const document = bytes(body)
  const input = Math.ceil(document.length / 3)
  expect(estimateCall(document, price)).toEqual({
    tokens: input + output,
    costUsd: (input * 2 + output * 10) / 1_000_000,
  })
})

test('an estimate without a price has no cost, and no body is too odd for one', () => {
  expect(estimateCall(bytes({ max_tokens: 1 }), null).costUsd).toBeNull()
  expect(estimateCall(Buffer.from('not json'), price).tokens).toBe(3 + 4096)
})
