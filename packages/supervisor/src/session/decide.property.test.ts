import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { World, contract } from '../testing/simulated-task.ts'
import { decide } from './decide.ts'
import { defaultLimits } from './limits.ts'
import { observe } from './observe.ts'
import { emptyState } from './session-state.ts'

const dice = fc.array(fc.nat(1000), { minLength: 5, maxLength: 60 })
const budgets = fc.record({
  maxTurns: fc.option(fc.integer({ min: 1, max: 8 })),
  maxTimeMs: fc.constant(20_000),
})

describe('the core', () => {
  test('every run ends, with exactly one end', () => {
    fc.assert(
      fc.property(dice, budgets, (rolls, limits) => {
        const world = new World(rolls, contract({ budgets: limits }))
        world.run(5_000)
        expect(world.actions.at(-1)).toEqual({ do: 'nothing' })
        expect(world.log.filter((event) => event.payload.type === 'task.finished')).toHaveLength(1)
      }),
      { numRuns: 300 },
    )
  })

  test('every run ends also while people speak, and no word of theirs is lost', () => {
    let said = 0
    fc.assert(
      fc.property(dice, budgets, (rolls, limits) => {
        const world = new World(rolls, contract({ budgets: limits }), true)
        world.run(5_000)
        expect(world.actions.at(-1)).toEqual({ do: 'nothing' })
        const numbers: number[] = []
        const taken: number[] = []
        for (const { payload } of world.log) {
          if (payload.type === 'order.received' && payload.order?.do === 'message')
            numbers.push(payload.number)
          if (payload.type === 'message.delivered') taken.push(payload.number)
          if (payload.type === 'turn.started') taken.push(...(payload.messages ?? []))
        }
        said += numbers.length
        expect(
          [...taken, ...world.state.messages.map(({ number }) => number)].toSorted((a, b) => a - b),
        ).toEqual(numbers)
        // Only a budget or a stop leaves a word unheard, never a result that was accepted without it.
        if (world.state.end?.outcome === 'done' && (limits.maxTurns ?? Infinity) > world.state.turns.length)
          expect(world.state.messages).toEqual([])
      }),
      { numRuns: 300 },
    )
    expect(said).toBeGreaterThan(100)
  })

  test('while a task is paused nothing but waiting is decided, and a stop ends it', () => {
    fc.assert(
      fc.property(dice, fc.nat(200), (rolls, steps) => {
        const world = new World(rolls, contract(), true)
        world.run(steps)
        if (world.state.end !== null || world.state.stop !== null) return
        world.order({ do: 'pause' })
        expect(decide(world.state, world.now)).toEqual({ do: 'wait', for: 'resume', until: null })
        const { activeMs } = world.state
        world.now += 1_000_000
        world.order({ do: 'stop', mode: 'graceful' })
        expect(world.state.activeMs).toBe(activeMs)
        expect(decide(world.state, world.now)).toMatchObject({ outcome: 'cancelled', reason: 'stopped' })
      }),
      { numRuns: 100 },
    )
  })

  test('no task is done unless every required check passed on the tree as it is', () => {
    let done = 0
    fc.assert(
      fc.property(dice, budgets, (rolls, limits) => {
        const world = new World(rolls, contract({ budgets: limits }))
        world.run(5_000)
        if (world.state.end?.outcome !== 'done') return
        done++
        const proof = Object.values(world.state.results)
        expect(proof.map((result) => result.check).toSorted()).toEqual(['lint', 'unit'])
        for (const result of proof) expect(result).toMatchObject({ verdict: 'pass', treeHash: world.tree })
      }),
      { numRuns: 500, seed: 7 },
    )
    expect(done).toBeGreaterThan(0)
  })

  test('folding the log again gives the same state and the same next action', () => {
    fc.assert(
      fc.property(dice, fc.nat(200), (rolls, steps) => {
        const world = new World(rolls, contract(), true)
        world.run(steps)
        const folded = world.log.reduce((state, event) => observe(state, event), emptyState)
        expect(folded).toEqual(world.state)
        expect(decide(folded, world.now)).toEqual(decide(world.state, world.now))
      }),
      { numRuns: 100 },
    )
  })

  test('checks run again only as often as the limits say, unless that was ordered', () => {
    fc.assert(
      fc.property(dice, (rolls) => {
        const world = new World(rolls, contract())
        world.run(5_000)
        const runs = new Map<string, number>()
        for (const { payload } of world.log) {
          if (payload.type === 'function.finished') runs.clear()
          if (payload.type !== 'check.finished') continue
          const key = `${payload.phase} ${payload.turn} ${payload.result.check}`
          runs.set(key, (runs.get(key) ?? 0) + 1)
          expect(runs.get(key)).toBeLessThanOrEqual(
            payload.phase === 'baseline' ? 1 : 1 + defaultLimits.rechecks,
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a resumed run asks for what the killed one had not finished', () => {
    fc.assert(
      fc.property(dice, fc.nat(60), (rolls, steps) => {
        const world = new World(rolls, contract())
        world.run(steps)
        if (world.state.end !== null || world.state.markedDone !== null) return
        const before = decide(world.state, world.now)
        if (before.do === 'finish' && before.reason === 'needs_input') return
        world.now += 1_000_000
        world.append({ type: 'task.resumed', generation: 2, orphansEnded: 0 })
        // Who is asked has the whole time again.
        const wanted = before.do === 'wait' ? { ...before, until: expect.any(Number) } : before
        expect(decide(world.state, world.now)).toEqual(wanted)
      }),
      { numRuns: 100 },
    )
  })
})
