import { describe, expect, test } from 'vitest'
import type { FinalReport } from './display.ts'
import { createJsonDisplay } from './json-display.ts'
import { createLinesDisplay } from './lines-display.ts'
import { createPaint, PLAIN } from './paint.ts'
import { Progress } from './progress.ts'
import { createQuietDisplay } from './quiet-display.ts'
import { collect, events, noUsage, report } from './recorded-task.test-support.ts'
import { costText } from './report-lines.ts'
import { stripEscapes } from './strip-escapes.ts'

const facts = { sessionId: '3f2a9c01d4', simulated: true }

function tell(columns: number, env: Record<string, string> = {}, final: FinalReport = report): string {
  const out = collect(columns)
  const paint = Object.keys(env).length === 0 ? PLAIN : createPaint(false, env)
  const display = createLinesDisplay({ out, err: collect(), paint, facts, live: null })
  for (const event of events) display.event(event)
  display.report(final)
  return out.text()
}

describe('lines', () => {
  test('a recorded task reads as this', () => {
    expect(`\n${tell(80)}`).toMatchInlineSnapshot(`
      "
      make the failing test pass
        folder     /home/ann/sum
        agent      builtin with simulator/fix (simulated)
        reasoner   rules; at most 10 turns, 30m
        checks     npm test (asked for)
        session    3f2a9c01d4
        i Uncommitted changes were here before; they are kept and are not the agent's.

      Before the first turn
        ✗ npm test  fail  1.2s
          exit code 1; 1 test failed

      Turn 1 of 10
        │ I look at the test first. It says that adding two numbers must give their
        │ sum.
        ✓ read src/sum.js
        ✗ edit src/sum.js old_text is not in the file
        ! denied write .env (by protected-files): .env is protected
        ! .env rolled back by plugin protected-files: .env is protected
        M src/sum.js +1 -1
        turn took 3.4s
        ✓ npm test  pass  0.9s
          exit code 0; 2 tests passed
        gate accepted: every required check passed on this exact tree
        ! tests-fewer: one test less than before (test/sum.test.js)
        → mark_done: every required check passed

      ── Verified ────────────────────────────────────────────────────────────────────
        outcome    done (verified)
        because    Every required check passed on this tree.
        evidence   ✓ npm test: pass, exit code 0, 2 tests passed, 0 failed, tree
                     bbbbbbbb
        files      M src/sum.js +1 -1
        usage      12,345 tokens in, 678 out, 3 model calls
        cost       simulated, no cost
        time       6.2s, 1 turn
        session    3f2a9c01d4
        next       pa diff 3f2a9c01d4
                   pa evidence 3f2a9c01d4
                   pa show 3f2a9c01d4
      ────────────────────────────────────────────────────────────────────────────────
      "
    `)
  })

  test.each([80, 60, 40])('no line is wider than %d columns', (columns) => {
    const long = tell(columns)
      .split('\n')
      .filter((line) => line.length > columns)
    expect(long).toEqual([])
  })

  test('colours add nothing but colours, and NO_COLOR wins', () => {
    const coloured = tell(80, { FORCE_COLOR: '1' })
    expect(coloured).toContain('\u001b[32m')
    expect(stripEscapes(coloured)).toBe(tell(80))
    expect(tell(80, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(tell(80))
  })

  test('what an agent writes cannot reach the terminal', () => {
    expect(tell(80)).not.toContain('\u001b')
    expect(tell(80)).not.toContain('pwned')
  })

  test('a live line is redrawn at the bottom and gone at the end', () => {
    const out = { ...collect(80), isTty: true }
    const progress = new Progress()
    const display = createLinesDisplay({
      out,
      err: collect(),
      paint: PLAIN,
      facts,
      live: { progress, usage: () => Promise.resolve(noUsage) },
    })
    for (const event of events) {
      progress.apply(event.payload)
      display.event(event)
    }
    expect(out.text()).toContain('turn 1/10')
    display.report(report)
    display.close()
    const shown = out.text()
    expect(shown.lastIndexOf('⠋')).toBeLessThan(shown.lastIndexOf('\r\u001b[2K'))
    expect(stripEscapes(shown)).toContain('Verified')
  })

  test('an event of a newer release is passed over', () => {
    const out = collect()
    const display = createLinesDisplay({ out, err: collect(), paint: PLAIN, facts, live: null })
    display.event({ seq: 1, at: 0, payload: { type: 'from.the.future' } as never })
    expect(out.text()).toBe('')
  })
})

describe('json', () => {
  test('every line is one object, events as logged, the report last', () => {
    const out = collect()
    const err = collect()
    const display = createJsonDisplay(out, err)
    for (const event of events) display.event(event)
    display.aside('a plugin failed')
    display.report(report)
    const lines = out
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toHaveLength(events.length + 1)
    expect(lines.slice(0, -1)).toEqual(events.map(({ seq, at, payload }) => ({ seq, at, ...payload })))
    expect(lines.at(-1)).toMatchObject({
      type: 'report',
      outcome: 'done',
      exitCode: 0,
      sessionId: '3f2a9c01d4',
      simulated: true,
      cost: 'simulated, no cost',
    })
    expect(err.text()).toBe('a plugin failed\n')
  })
})

describe('quiet', () => {
  test('says one line at the end', () => {
    const out = collect()
    const display = createQuietDisplay(out, collect())
    for (const event of events) display.event(event)
    expect(out.text()).toBe('')
    display.report(report)
    expect(out.text()).toBe(
      'done: Every required check passed on this tree. (1 file changed, 6.2s, session 3f2a9c01d4)\n',
    )
  })
})

describe('cost', () => {
  const paid = { ...noUsage, exchanges: 4, costUsd: 0.1234 }
  test.each([
    ['none', noUsage],
    ['simulated, no cost', { ...noUsage, exchanges: 2, simulated: 2, costUsd: 0 }],
    ['unknown (no price is known for this model)', { ...noUsage, exchanges: 2, unpriced: 2 }],
    ['$0.1234', paid],
    ['$0.1234 and 2 calls of unknown price', { ...paid, unpriced: 2 }],
  ])('reads "%s"', (text, usage) => {
    expect(costText(usage)).toBe(text)
  })
})
