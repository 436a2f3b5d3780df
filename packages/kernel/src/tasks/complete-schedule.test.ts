import { PluginError } from '@agentproxy/plugin'
import { assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completeSchedule } from './complete-schedule.ts'

const at = (text: string): number => Date.parse(text)

/** The next times of a pattern, as UTC without milliseconds. */
function times(cron: string, from: string, { timeZone = 'UTC', count = 3 } = {}): string[] {
  const { next } = completeSchedule({ cron, timeZone }, 'task t')
  const found: string[] = []
  for (let now: number | null = at(from); found.length < count;) {
    now = next(0, now)
    if (now === null) break
    found.push(new Date(now).toISOString().slice(0, 19))
  }
  return found
}

const text = (schedule: Parameters<typeof completeSchedule>[0]): string =>
  completeSchedule(schedule, 't').text

describe('set times', () => {
  it.each([
    [
      '0 3 * * *',
      '2026-01-31T03:00:00Z',
      ['2026-02-01T03:00:00', '2026-02-02T03:00:00', '2026-02-03T03:00:00'],
    ],
    [
      '*/20 * * * *',
      '2026-12-31T23:50:00Z',
      ['2027-01-01T00:00:00', '2027-01-01T00:20:00', '2027-01-01T00:40:00'],
    ],
    [
      '*/30 0 0 1 1 *',
      '2026-06-01T00:00:00Z',
      ['2027-01-01T00:00:00', '2027-01-01T00:00:30', '2028-01-01T00:00:00'],
    ],
    [
      '0 0 29 2 *',
      '2026-01-01T00:00:00Z',
      ['2028-02-29T00:00:00', '2032-02-29T00:00:00', '2036-02-29T00:00:00'],
    ],
    [
      '0 12 * * MON',
      '2026-11-21T00:00:00Z',
      ['2026-11-23T12:00:00', '2026-11-30T12:00:00', '2026-12-07T12:00:00'],
    ],
  ])('of %s', (cron, from, expected) => {
    expect(times(cron, from)).toEqual(expected)
  })

  it('are those of the time zone', () => {
    expect(times('0 9 * * *', '2026-01-01T12:00:00Z', { timeZone: 'Asia/Kolkata', count: 1 })).toEqual([
      '2026-01-02T03:30:00',
    ])
    expect(times('0 0 * * *', '2026-01-01T12:00:00Z', { timeZone: 'America/New_York', count: 1 })).toEqual([
      '2026-01-02T05:00:00',
    ])
  })

  // In Berlin 02:00 becomes 03:00 on 29 March 2026, and 03:00 becomes 02:00 on 25 October.
  it('keep the hour of the day when the clocks change', () => {
    const timeZone = 'Europe/Berlin'
    expect(times('0 9 * * *', '2026-03-28T00:00:00Z', { timeZone })).toEqual([
      '2026-03-28T08:00:00',
      '2026-03-29T07:00:00',
      '2026-03-30T07:00:00',
    ])
    expect(times('0 9 * * *', '2026-10-24T00:00:00Z', { timeZone })).toEqual([
      '2026-10-24T07:00:00',
      '2026-10-25T08:00:00',
      '2026-10-26T08:00:00',
    ])
  })

  it('run once a day also on the days when their hour is missing or comes twice', () => {
    const timeZone = 'Europe/Berlin'
    const days = (from: string): string[] =>
      times('30 2 * * *', from, { timeZone, count: 4 }).map((time) => time.slice(0, 10))
    expect(days('2026-03-27T12:00:00Z')).toEqual(['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31'])
    expect(days('2026-10-23T12:00:00Z')).toEqual(['2026-10-24', '2026-10-25', '2026-10-26', '2026-10-27'])
  })

  it('come after the time given, and none between, for any minute of a year', () => {
    const { next } = completeSchedule({ cron: '*/7 * * * *', timeZone: 'UTC' }, 'task t')
    assert(
      property(integer({ min: 0, max: 366 * 24 * 60 * 60 * 1000 }), (offset) => {
        const now = at('2027-01-01T00:00:00Z') + offset
        const minute = new Date(now)
        minute.setUTCSeconds(0, 0)
        do minute.setUTCMinutes(minute.getUTCMinutes() + 1)
        while (minute.getUTCMinutes() % 7 !== 0)
        expect(next(0, now)).toBe(minute.getTime())
      }),
    )
  })

  it('end where there is none any more', () => {
    expect(completeSchedule({ cron: '2020-01-01T00:00:00' }, 'task t').next(0, at('2026-01-01'))).toBeNull()
  })

  it('are left out while the task backs off', () => {
    const { next } = completeSchedule({ cron: '* * * * * *', timeZone: 'UTC' }, 'task t')
    const now = at('2026-01-01T00:00:00Z')
    const waits = [0, 1, 2, 5, 30].map((failures) => ((next(failures, now) ?? 0) - now) / 1000)
    expect(waits).toEqual([1, 3, 5, 33, 3601])
  })
})

describe('intervals', () => {
  it('double with each failure, up to an hour, or stay where they are longer', () => {
    const now = at('2026-01-01T00:00:00Z')
    const waits = (everyMs: number): number[] =>
      [0, 1, 3, 30, 2000].map(
        (failures) => (completeSchedule({ everyMs }, 't').next(failures, now) ?? 0) - now,
      )
    expect(waits(1000)).toEqual([1000, 2000, 8000, 3_600_000, 3_600_000])
    expect(waits(7_200_000)).toEqual(Array.from({ length: 5 }, () => 7_200_000))
  })

  it('are told as text, as cron patterns are', () => {
    expect([
      text({ everyMs: 5 }),
      text({ cron: '0 3 * * *' }),
      text({ cron: '0 3 * * *', timeZone: 'Europe/Berlin' }),
    ]).toEqual(['every 5 ms', '0 3 * * *', '0 3 * * * (Europe/Berlin)'])
  })
})

describe('a schedule that cannot be kept', () => {
  it.each([
    [{ cron: 'every day' }, '"every day"'],
    [{ cron: '99 * * * *' }, '"99 * * * *"'],
    [{ cron: '' }, '""'],
    [{ cron: '0 3 * * *', timeZone: 'Mars/Olympus' }, '"0 3 * * *"'],
    [{ cron: '0 3 * * *', timeoutMs: 0 }, 'timeoutMs is 0'],
  ])('is refused by name: %o', (schedule, words) => {
    let error: unknown
    try {
      completeSchedule(schedule, 'plugin p: task nightly')
    } catch (thrown) {
      error = thrown
    }
    expect(PluginError.is(error) && [error.code, error.message]).toEqual([
      'PLUGIN_INVALID',
      expect.stringContaining(`plugin p: task nightly: ${words}`),
    ])
  })
})
