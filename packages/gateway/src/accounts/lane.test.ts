import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FAILURES_TO_OPEN,
  isResting,
  LONGEST_COOL_MS,
  LONGEST_OPEN_MS,
  nextLane,
  readyAt,
  restingLane,
  takesProbe,
} from './lane.ts'
import type { Lane, LaneEvent } from './lane.ts'

const START = 1_800_000_000_000

type Ending = 'succeeded' | 'failed' | 'limited' | 'rejected' | 'released'
interface Step {
  readonly kind: 'begin' | 'end' | 'wait'
  readonly ending: Ending
  readonly ms: number
  /** Which of the calls under way ends. */
  readonly pick: number
  readonly coolMs: number | null
}

const ENDINGS: readonly Ending[] = ['succeeded', 'failed', 'limited', 'rejected', 'released']

function steps(endings: readonly Ending[]): fc.Arbitrary<Step[]> {
  const step = fc.record({
    kind: fc.constantFrom(
      'begin' as const,
      'begin' as const,
      'end' as const,
      'end' as const,
      'wait' as const,
    ),
    ending: fc.constantFrom(...endings),
    ms: fc.integer({ min: 0, max: 90_000 }),
    pick: fc.nat(20),
    coolMs: fc.option(fc.integer({ min: 0, max: 120_000 }), { nil: null }),
  })
  return fc.array(step, { maxLength: 120 })
}

interface Clock {
  lane: Lane
  now: number
  /** Calls under way, by whether they are probes. */
  calls: boolean[]
}

function play(script: readonly Step[], look: (clock: Clock) => void): Clock {
  const clock: Clock = { lane: restingLane, now: START, calls: [] }
  for (const { kind, ending, ms, pick, coolMs } of script) {
    if (kind === 'wait') clock.now += ms
    else if (kind === 'begin' && readyAt(clock.lane, clock.now) <= clock.now) {
      clock.calls.push(takesProbe(clock.lane, clock.now))
      clock.lane = nextLane(clock.lane, { type: 'started' }, clock.now)
    } else if (kind === 'end' && clock.calls.length > 0) {
      const [probe = false] = clock.calls.splice(pick % clock.calls.length, 1)
      clock.lane = nextLane(
        clock.lane,
        endingEvent(ending, probe, coolMs === null ? null : clock.now + coolMs),
        clock.now,
      )
    }
    look(clock)
  }
  return clock
}

function endingEvent(type: Ending, probe: boolean, untilMs: number | null): LaneEvent {
  return type === 'failed' || type === 'limited' ? { type, probe, untilMs } : { type, probe }
}

describe('on any sequence of calls', () => {
  test('the breaker never opens without failures', () => {
    fc.assert(
      fc.property(steps(['succeeded', 'limited', 'rejected', 'released']), (script) => {
        play(script, ({ lane }) => expect(lane.openUntil).toBeNull())
      }),
    )
  })

  test('at most one probe is under way, and it is known as one', () => {
    fc.assert(
      fc.property(steps(ENDINGS), (script) => {
        play(script, ({ lane, calls }) => {
          expect(calls.filter((probe) => probe).length).toBeLessThanOrEqual(1)
          if (lane.probing) expect(calls).toContain(true)
        })
      }),
    )
  })

  test('once nothing is under way it always recovers', () => {
    fc.assert(
      fc.property(steps(ENDINGS), (script) => {
        const { lane: last, now, calls } = play(script, () => {})
        let lane = last
        for (const probe of calls) lane = nextLane(lane, { type: 'released', probe }, now)
        const later = now + Math.max(LONGEST_OPEN_MS, 120_000)
        expect(readyAt(lane, later)).toBeLessThanOrEqual(later)
        const probe = takesProbe(lane, later)
        lane = nextLane(nextLane(lane, { type: 'started' }, later), { type: 'succeeded', probe }, later)
        expect(lane).toMatchObject({ openUntil: null, probing: false, failures: 0 })
        expect(isResting(lane, later)).toBe(true)
      }),
    )
  })

  test('no call is made before the time the upstream named', () => {
    fc.assert(
      fc.property(steps(ENDINGS), fc.integer({ min: 1, max: 86_400_000 }), (script, coolMs) => {
        const { lane, now } = play(script, () => {})
        const cooled = nextLane(lane, { type: 'limited', probe: false, untilMs: now + coolMs }, now)
        expect(readyAt(cooled, now)).toBeGreaterThanOrEqual(now + coolMs)
        const after = nextLane(cooled, { type: 'succeeded', probe: false }, now)
        expect(readyAt(after, now)).toBeGreaterThanOrEqual(now + coolMs)
      }),
    )
  })
})

function failTimes(count: number): Lane {
  let lane = restingLane
  for (let index = 0; index < count; index += 1)
    lane = nextLane(lane, { type: 'failed', probe: false, untilMs: null }, START)
  return lane
}

test('it opens at the fifth failure in a row and not before', () => {
  expect(failTimes(FAILURES_TO_OPEN - 1).openUntil).toBeNull()
  expect(failTimes(FAILURES_TO_OPEN).openUntil).toBeGreaterThan(START)
})

test('a probe that fails opens it for longer, up to a minute', () => {
  let lane = failTimes(FAILURES_TO_OPEN)
  const opens: number[] = []
  for (let round = 0; round < 8; round += 1) {
    const now = lane.openUntil ?? 0
    lane = nextLane(
      nextLane(lane, { type: 'started' }, now),
      { type: 'failed', probe: true, untilMs: null },
      now,
    )
    opens.push((lane.openUntil ?? 0) - now)
  }
  expect(opens).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000, 60_000])
})

test('a time beyond any quota is not believed', () => {
  const lane = nextLane(
    restingLane,
    { type: 'limited', probe: false, untilMs: Number.MAX_SAFE_INTEGER },
    START,
  )
  expect(lane.coolUntil).toBe(START + LONGEST_COOL_MS)
})
