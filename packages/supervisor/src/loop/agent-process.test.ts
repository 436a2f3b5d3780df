import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findMarked } from '../process/reap.ts'
import { exitCodeFor } from '../session/task-report.ts'
import { type Fixture, fixture } from '../testing/task-fixture.ts'
import { tempFolder } from '../testing/temp-folder.ts'

/** An agent that is a real process: its lines become text events, its exit code its result. */
async function runNode(turn: AgentTurn, script: string): Promise<Partial<AgentTurnResult>> {
  const child = turn.spawn({ command: process.execPath, args: ['-e', script], env: {}, stdin: 'closed' })
  for await (const line of child.lines) turn.emit({ type: 'text', text: line.slice(0, 4000) })
  const exit = await child.exit
  if (exit.code === 0) return {}
  const message = `exit code ${exit.code}: ${exit.stderrTail.slice(0, 200)}`
  return { stopReason: 'error', error: { code: 'exited', message, retryable: true } }
}

const fix = (folder: string) => writeFileSync(join(folder, 'a.txt'), 'fixed')

async function strays(set: Fixture): Promise<number[]> {
  const found = await Promise.all(set.payloads('process.starting').map((event) => findMarked(event.marker)))
  return found.flat()
}

const GRANDCHILD = `const c = require('child_process').spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 0.1; done'], {detached: true, stdio: 'inherit'}); c.unref();`

describe('an agent that is a process', () => {
  test('may print garbage and a line of ten megabytes', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({
      folder,
      async agent(turn) {
        fix(folder)
        return runNode(
          turn,
          `process.stdout.write(Buffer.from([0xff, 0xfe, 10])); process.stdout.write('z'.repeat(1e7) + '\\nend\\n')`,
        )
      },
    })
    expect(await set.run({})).toMatchObject({ outcome: 'done' })
    const events = set.payloads('agent.event').map(({ event }) => event)
    expect(events.filter((event) => event.type === 'notice')).toMatchObject([
      { text: expect.stringContaining('was cut') },
    ])
    expect(events.at(-1)).toEqual({ type: 'text', text: 'end' })
  })

  test('gets an allow-listed environment and its task’s trace', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    process.env['SECRET_FOR_NOBODY'] = 'x'
    const set = await fixture({
      folder,
      agent: (turn) => (fix(folder), runNode(turn, `console.log(JSON.stringify(Object.keys(process.env)))`)),
    })
    onTestFinished(() => void delete process.env['SECRET_FOR_NOBODY'])
    await set.run({})
    const printed = set.payloads('agent.event')[0]?.event
    expect(printed).toMatchObject({
      type: 'text',
      text: expect.stringMatching(/^(?!.*SECRET).*PATH.*TRACEPARENT/),
    })
  })

  test('that exits with 1 is tried again, three times at most', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({
      folder,
      agent: (turn) => runNode(turn, `console.error('no key'); process.exit(1)`),
    })
    const report = await set.run({})
    expect(report).toMatchObject({
      outcome: 'failed',
      reason: 'agent_errors',
      turns: 3,
      message: expect.stringContaining('no key'),
    })
    expect(exitCodeFor(report)).toBe(17)
    expect(set.payloads('check.started').every((event) => event.phase === 'baseline')).toBe(true)
  })

  test('that fails once and then works is done', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({
      folder,
      agent: (turn) => (turn.turn === 1 ? runNode(turn, 'process.exit(1)') : fix(folder)),
    })
    expect(await set.run({})).toMatchObject({ outcome: 'done', turns: 2 })
  })

  test('that falls silent is ended, with the tools it started in sessions of their own', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({
      folder,
      limits: { agentErrors: 1 },
      agent: (turn) => runNode(turn, `${GRANDCHILD} console.log('working'); setInterval(() => {}, 1000)`),
    })
    const report = await set.run({ idleMs: 1500 })
    expect(report).toMatchObject({
      outcome: 'failed',
      reason: 'agent_errors',
      message: expect.stringContaining('silent for 1500 ms'),
    })
    expect(set.payloads('turn.finished')[0]?.result.error).toMatchObject({ code: 'idle' })
    expect(await strays(set)).toEqual([])
  })

  test('that ends well leaves nothing running either', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({ folder, agent: (turn) => (fix(folder), runNode(turn, GRANDCHILD)) })
    expect(await set.run({})).toMatchObject({ outcome: 'done' })
    expect(await strays(set)).toEqual([])
  })

  test('is stopped by an interrupt: asked first, its strays killed, and the task is cancelled', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const stop = new AbortController()
    const set = await fixture({
      folder,
      async agent(turn) {
        const script = `${GRANDCHILD} process.on('SIGTERM', () => { console.log('asked'); process.exit(0) }); console.log('up'); setInterval(() => {}, 1000)`
        const child = turn.spawn({
          command: process.execPath,
          args: ['-e', script],
          env: {},
          stdin: 'closed',
        })
        for await (const text of child.lines) {
          turn.emit({ type: 'text', text })
          if (text === 'up') stop.abort()
        }
      },
    })
    const report = await set.run({}, { signal: stop.signal })
    expect(report).toMatchObject({ outcome: 'cancelled', reason: 'interrupted' })
    expect(exitCodeFor(report)).toBe(130)
    expect(set.payloads('agent.event').map(({ event }) => event)).toContainEqual({
      type: 'text',
      text: 'asked',
    })
    expect(await strays(set)).toEqual([])
  })
})

describe('an agent in our own process', () => {
  test('that throws ends the task as an agent error, at once', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({ folder, agent: () => Promise.reject(new Error('a bug')) })
    expect(await set.run({})).toMatchObject({
      outcome: 'failed',
      reason: 'agent_errors',
      turns: 1,
      message: expect.stringContaining('a bug'),
    })
  })

  test('that never comes back is left behind at its idle limit', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({ folder, limits: { agentErrors: 1 }, agent: () => new Promise(() => {}) })
    expect(await set.run({ idleMs: 300 })).toMatchObject({ outcome: 'failed', reason: 'agent_errors' })
  })

  test('that repeats one call with one result is interrupted and nudged', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({
      folder,
      async agent(turn) {
        if (turn.turn > 1) return fix(folder)
        for (let call = 0; !turn.signal.aborted; call++) {
          turn.emit({
            type: 'tool_call',
            id: `${call}`,
            name: 'read',
            kind: 'read',
            title: 'read a.txt',
            input: { path: 'a.txt' },
            paths: [],
          })
          turn.emit({ type: 'tool_result', id: `${call}`, ok: true, output: '' })
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        return { stopReason: 'cancelled' }
      },
    })
    expect(await set.run({})).toMatchObject({ outcome: 'done', turns: 2 })
    expect(set.payloads('notice')).toMatchObject([{ text: expect.stringContaining('5 times in a row') }])
    expect(set.payloads('turn.started')[1]?.prompt).toContain('another approach')
  })
})
