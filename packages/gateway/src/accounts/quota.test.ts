import { expect, test } from 'vitest'
import { exhaustedUntil, readQuotas } from './quota.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')

test('Anthropic’s limits are read, dates included', () => {
  const headers = {
    'content-type': 'application/json',
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': '2026-11-21T12:00:30Z',
    'anthropic-ratelimit-input-tokens-limit': '40000',
    'anthropic-ratelimit-input-tokens-remaining': '39000',
    'anthropic-ratelimit-input-tokens-reset': '2026-11-21T12:05:00Z',
  }
  expect(readQuotas(headers, NOW)).toEqual([
    { of: 'requests', limit: 50, remaining: 0, resetAt: NOW + 30_000 },
    { of: 'input-tokens', limit: 40_000, remaining: 39_000, resetAt: NOW + 300_000 },
  ])
  expect(exhaustedUntil(readQuotas(headers, NOW))).toBe(NOW + 30_000)
})

test('OpenAI’s limits are read, durations included', () => {
  const headers = {
    'x-ratelimit-limit-tokens': '30000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '6m0.5s',
    'x-ratelimit-reset-requests': '20ms',
  }
  expect(readQuotas(headers, NOW)).toEqual([
    { of: 'tokens', limit: 30_000, remaining: 0, resetAt: NOW + 360_500 },
    { of: 'requests', limit: null, remaining: null, resetAt: NOW + 20 },
  ])
})

test('what says nothing, or nothing we understand, is null and never a number', () => {
  expect(readQuotas({ 'content-length': '5' }, NOW)).toEqual([])
  const odd = { 'anthropic-ratelimit-unified-reset': '1795000000', 'x-ratelimit-remaining-tokens': 'many' }
  expect(readQuotas(odd, NOW)).toEqual([
    { of: 'unified', limit: null, remaining: null, resetAt: 1_795_000_000_000 },
    { of: 'tokens', limit: null, remaining: null, resetAt: null },
  ])
  expect(exhaustedUntil(readQuotas(odd, NOW))).toBeNull()
})
