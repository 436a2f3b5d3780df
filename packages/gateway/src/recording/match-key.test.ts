import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { apiPath, firstDifference, matchKey, normalise } from './match-key.ts'

const key = (body: unknown): string => matchKey({ method: 'POST', path: '/v1/messages', body })
const say = (content: string): unknown => ({ model: 'm', messages: [{ role: 'user', content }] })

test.each([
  ['ids', 'see 3f2504e0-4f89-41d3-9a0c-0305e82c3301', 'see 9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d'],
  ['ids of calls', 'toolu_01AbCdEfGh said', 'toolu_99ZyXwVuTs said'],
  ['dates', 'today is 2026-11-21', 'today is 2027-01-02'],
  ['times', 'at 2026-11-21T10:00:00.123Z', 'at 2026-11-22T11:30:00Z'],
  ['seconds since 1970', 'at 1795262400', 'at 1795262999123'],
  ['durations', 'took 12.5 ms, duration_ms 45.1', 'took 3ms, duration_ms 9'.replace('3ms', '3 ms')],
  ['temporary folders', 'in /tmp/agent-x1Y2z3/src', 'in /tmp/agent-AbCdEf/src'],
])('%s make no difference', (_what, one, other) => {
  expect(key(say(one))).toBe(key(say(other)))
})

test('words, models and numbers do', () => {
  const bodies = [
    say('a'),
    say('b'),
    { ...(say('a') as object), model: 'n' },
    { ...(say('a') as object), max_tokens: 1 },
  ]
  expect(new Set(bodies.map(key)).size).toBe(bodies.length)
})

test('who asks and the order of names make no difference', () => {
  expect(key({ b: 1, a: { d: 1, c: 2 }, user: 'u' })).toBe(
    key({ a: { c: 2, d: 1 }, b: 1, metadata: { user_id: 'x' } }),
  )
})

test('two bodies have one key exactly if they nowhere differ', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(firstDifference(normalise(a), normalise(a)) === null || Object.is(a, Number.NaN)).toBe(true)
      const differs = firstDifference(normalise(a), normalise(b)) !== null
      expect(key(a) !== key(b)).toBe(differs)
    }),
  )
})

test('a path is compared from the version of the API on', () => {
  expect(apiPath('/abc-DEF_123/v1/messages?beta=true')).toBe('/v1/messages')
  expect(apiPath('/v1beta/models/m:generateContent')).toBe('/v1beta/models/m:generateContent')
  expect(apiPath('/deployments/x/chat')).toBe('/deployments/x/chat')
})
