import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'
import { didYouMean, nearest } from './nearest.ts'

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['1h30m', 5_400_000],
  ])('%s is understood', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })

  test.each(['', '30', 'm', '-5m', '0s', '5 m', '5d', '1000000h', 'NaNs'])('"%s" is refused', (text) => {
    expect(parseDuration(text)).toBeNull()
  })

  test.each([
    [0, '0.0s'],
    [412, '0.4s'],
    [9_960, '10s'],
    [59_400, '59s'],
    [185_000, '3m 05s'],
    [1_800_000, '30m'],
    [3_720_000, '1h 02m'],
  ])('%d ms reads as %s', (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected)
  })
})

describe('near words', () => {
  test('the closest comes first, and a swap of neighbours is one slip', () => {
    expect(nearest('cahce', ['cache', 'chance', 'zebra'])[0]).toBe('cache')
    expect(nearest('disabledPlugin', ['enabledPlugins', 'disabledPlugins'])[0]).toBe('disabledPlugins')
  })

  test('nothing is suggested for a word like none of them', () => {
    expect(nearest('database', ['server', 'plugins'])).toEqual([])
    expect(didYouMean('database', ['server', 'plugins'])).toBe('')
    expect(didYouMean('servr', ['server', 'plugins'])).toBe(' (did you mean "server"?)')
  })
})
