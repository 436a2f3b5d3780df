import { describe, expect, test, vi } from 'vitest'
import { withBell } from './bell.ts'
import { tightestBudget } from './budget-use.ts'
import type { FinalReport } from './display.ts'
import { createJsonDisplay } from './json-display.ts'
import { createLinesDisplay } from './lines-display.ts'
import { createPaint, PLAIN } from './paint.ts'
import { Progress } from './progress.ts'
import { createQuietDisplay } from './quiet-display.ts'
import { collect, events, noUsage, report } from './recorded-task.test-support.ts'
import { costText } from './report-lines.ts'
import { StatusLine } from './status-line.ts'
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

  test('a contract whose keys merely stand in another order was not changed by a plugin', () => {
    const out = collect()
    const display = createLinesDisplay({ out, err: collect(), paint: PLAIN, facts, live: null })
    const [created] = events
    if (created?.payload.type !== 'task.created') throw new Error('the recording begins otherwise')
    display.event(created)
    const turned = Object.fromEntries(Object.entries(created.payload.contract).toReversed())
    display.event({ seq: 2, at: 0, payload: { type: 'task.started', contract: turned } as never })
    expect(out.text()).not.toContain('Changed by a plugin')
  })

  test('an event of a newer release is passed over', () => {
    const out = collect()
    const display = createLinesDisplay({ out, err: collect(), paint: PLAIN, facts, live: null })
    display.event({ seq: 1, at: 0, payload: { type: 'from.the.future' } as never })
    expect(out.text()).toBe('')
  })
})

describe('what a person sees while it runs', () => {
  test('the bottom line shows each budget beside what is used of it, and stays one row', async () => {
    const progress = new Progress()
    for (const event of events) progress.apply(event.payload)
    progress.contract = {
      ...(progress.contract as NonNullable<typeof progress.contract>),
      budgets: { maxTurns: 10, maxTimeMs: 1_800_000, maxTokens: 200_000, maxCostUsd: 2 },
    }
    const used = { ...noUsage, inputTokens: 150_000, outputTokens: 2_345, costUsd: 0.5 }
    for (const columns of [100, 50]) {
      const out = { ...collect(columns), isTty: true }
      const page = { paint: PLAIN, width: columns }
      const status = new StatusLine(out, page, { progress, usage: () => Promise.resolve(used) })
      await vi.waitFor(() => expect(out.text()).toContain('tokens'), { timeout: 5_000, interval: 50 })
      status.close()
      const drawn =
        stripEscapes(out.text())
          .split('\n')
          .filter((row) => row.includes('tokens'))
          .at(-1) ?? ''
      if (columns === 100) expect(drawn).toContain('▰▰▰▰▰▰▱▱ 1s/30m · turn 1/10 · 152k/200k tokens · $0.50/2')
      expect(drawn.length).toBeLessThan(columns)
    }
  })

  test('a terminal made narrower is cleared of all rows the line was broken into', () => {
    let columns = 80
    const written: string[] = []
    const out = {
      isTty: true,
      write: (text: string) => void written.push(text),
      get columns() {
        return columns
      },
    }
    const progress = new Progress()
    progress.activity = 'x'.repeat(70)
    const live = { progress, usage: () => Promise.resolve(noUsage) }
    const status = new StatusLine(out, { paint: PLAIN, width: 80 }, live)
    status.draw()
    columns = 30
    status.close()
    expect(written.at(-1)).toBe('\r\u001b[2K\u001b[1A\u001b[2K\u001b[1A\u001b[2K')
  })

  test('thinking is folded, and thousands of files are summed up', () => {
    const out = collect(80)
    const display = createLinesDisplay({ out, err: collect(), paint: PLAIN, facts, live: null })
    const text = Array.from({ length: 30 }, (_, at) => `thought ${at}`).join('\n')
    const thought = { type: 'agent.event', turn: 1, event: { type: 'thought', text } } as const
    display.event({ seq: 1, at: 0, payload: thought })
    expect(out.text()).toBe('  ┊ thought 0\n  ┊ … 29 more lines\n')
    const changes = Array.from({ length: 3000 }, (_, at) => ({
      path: `f${at}`,
      operation: 'create' as const,
      linesAdded: 2,
      linesRemoved: 1,
    }))
    display.report({ ...report, changes })
    expect(out.text()).toContain('2980 more; 3000 files in all +6000 -3000')
    expect(out.text().split('\n').length).toBeLessThan(50)
  })

  test.each([
    [{ bell: true, osc9: false }, '\u0007\u0007'],
    [
      { bell: false, osc9: true },
      '\u001b]9;agentproxy needs you\u0007\u001b]9;agentproxy: done (verified)\u0007',
    ],
    [{ bell: false, osc9: false }, ''],
  ])('the bell %o rings for a question and at the end, on standard error alone', (options, rung) => {
    const err = { ...collect(), isTty: true }
    const out = collect()
    const display = withBell(createJsonDisplay(out, err), err, options)
    display.event({ seq: 1, at: 0, payload: { type: 'question.asked' } as never })
    display.report(report)
    expect(err.text()).toBe(rung)
    expect(out.text()).not.toContain('\u0007')
    const pipe = collect()
    withBell(createJsonDisplay(out, pipe), pipe, options).report(report)
    expect(pipe.text()).toBe('')
  })

  test('the budget that is nearest to its end is the one that counts', () => {
    const spent = { turn: 3, elapsedMs: 1_000, tokens: 900, costUsd: null }
    const budgets = { maxTurns: 4, maxTimeMs: 10_000 }
    expect(tightestBudget(budgets, spent)).toEqual({ name: 'turns', fraction: 0.5 })
    expect(tightestBudget({ ...budgets, maxTokens: 800 }, spent)).toEqual({ name: 'tokens', fraction: 1 })
    expect(tightestBudget({ maxTurns: null, maxTimeMs: null }, spent)).toBeNull()
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
