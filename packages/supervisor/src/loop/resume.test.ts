import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AgentTurn } from '@agentproxy/plugin'
import { openStore } from '@agentproxy/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findMarked } from '../process/reap.ts'
import type { TaskEvent } from '../session/task-event.ts'
import { type Fixture, fixture } from '../testing/task-fixture.ts'
import { tempFolder } from '../testing/temp-folder.ts'

const fix = (folder: string) => writeFileSync(join(folder, 'a.txt'), 'fixed')

function untilAborted(turn: AgentTurn): Promise<void> {
  return new Promise((resolve) => turn.signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function logOf(set: Pick<Fixture, 'store'>, sessionId: string): Promise<TaskEvent[]> {
  const events = await set.store.events.list(sessionId)
  expect(events.map((event) => event.seq)).toEqual(events.map((_, at) => at + 1))
  return events.map((event) => event.payload as TaskEvent)
}

describe('an interrupted task', () => {
  test('goes on where it was, in the same conversation', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const stop = new AbortController()
    const turns: (string | null)[] = []
    const set = await fixture({
      folder,
      async agent(turn) {
        turns.push(turn.conversationId)
        if (turns.length > 1) return fix(folder)
        writeFileSync(join(folder, 'half.txt'), 'half')
        setTimeout(() => stop.abort(), 50)
        await untilAborted(turn)
      },
    })
    expect(await set.run({}, { sessionId: 'one', signal: stop.signal })).toMatchObject({
      outcome: 'cancelled',
      reason: 'interrupted',
    })
    const report = await set.resume('one')
    expect(report).toMatchObject({ outcome: 'done', turns: 1 })
    expect(report.changes.map((file) => file.path)).toEqual(['a.txt', 'half.txt'])
    expect(turns).toEqual([null, 'conversation'])
    const log = await logOf(set, 'one')
    expect(log.filter((event) => event.type === 'workspace.opened')).toHaveLength(1)
    expect(log.filter((event) => event.type === 'check.finished' && event.phase === 'baseline')).toHaveLength(
      1,
    )
  })

  test('that has ended reports its outcome and does nothing', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    let turns = 0
    const set = await fixture({ folder, agent: () => (turns++, fix(folder)) })
    const report = await set.run({}, { sessionId: 'one' })
    const before = await logOf(set, 'one')
    expect(await set.resume('one')).toEqual(report)
    expect(await logOf(set, 'one')).toEqual(before)
    expect(turns).toBe(1)
  })

  test('cannot be run by two at once', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({
      folder,
      async agent() {
        await expect(set.resume('one')).rejects.toMatchObject({ code: 'SESSION_BUSY' })
        fix(folder)
      },
    })
    expect(await set.run({}, { sessionId: 'one' })).toMatchObject({ outcome: 'done' })
  })
})

describe('a store that fails', () => {
  test.each([3, 8, 12, 20])(
    'at write %i stops the agent, loses nothing acknowledged, and the task can be resumed',
    async (failAt) => {
      const folder = tempFolder({ 'a.txt': '' })
      const stateDir = tempFolder()
      const store = await openStore({ path: join(stateDir, 'store.db') })
      onTestFinished(() => store.close())
      let writes = 0
      const failing: typeof store = {
        ...store,
        events: {
          ...store.events,
          append: (lease, event) =>
            ++writes >= failAt ? Promise.reject(new Error('disk full')) : store.events.append(lease, event),
        },
      }
      const agent = (turn: AgentTurn) => {
        for (let step = 0; step < 5; step++) turn.emit({ type: 'text', text: `step ${step}` })
        fix(folder)
      }
      const broken = await fixture({ folder, stateDir, store: failing, agent })
      await expect(broken.run({}, { sessionId: 'one' })).rejects.toThrow('disk full')
      expect(await logOf({ store }, 'one')).toHaveLength(failAt - 1)
      expect(broken.events).toHaveLength(failAt - 1)
      const healthy = await fixture({ folder, stateDir, store, agent })
      expect(await healthy.resume('one')).toMatchObject({ outcome: 'done', reason: 'verified' })
      const log = await logOf({ store }, 'one')
      expect(log.filter((event) => event.type === 'task.finished')).toHaveLength(1)
    },
  )
})

const packages = fileURLToPath(new URL('../../..', import.meta.url))
const built = ['plugin', 'kernel', 'store', 'supervisor'].every((name) =>
  existsSync(join(packages, name, 'dist/index.js')),
)

// What a person's terminal runs, in a process of its own so that it can be killed.
const RUNNER = `
import { createSupervisor, commandCheck } from '@agentproxy/supervisor'
import { PluginManager } from '@agentproxy/kernel'
import { openStore } from '@agentproxy/store'
import { definePlugin } from '@agentproxy/plugin'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
const [stateDir, folder, mode] = process.argv.slice(2)
const log = { debug() {}, info() {}, warn() {}, error: console.error }
const host = new PluginManager({ log })
await host.loadPlugin(definePlugin({ name: 'scripted-agent', version: '1.0.0', setup: (ctx) => void ctx.agent({
  name: 'scripted', displayName: 'Scripted', capabilities: { resume: true, steer: false, interrupt: false, images: false, modelSwitch: false, asksPermission: false, plan: false, usage: false },
  detect: async () => ({ available: true, version: '1', problem: null }),
  async runTurn(turn) {
    const ended = { stopReason: 'end_turn', message: '', error: null, conversationId: 'c' }
    if (mode === 'resume') { writeFileSync(join(folder, 'a.txt'), 'fixed'); return ended }
    const child = turn.spawn({ command: '/bin/sh', args: ['-c', 'setsid sh -c "trap : TERM; while :; do sleep 0.1; done" & echo up; wait'], env: {}, stdin: 'closed' })
    for await (const line of child.lines) turn.emit({ type: 'text', text: line })
    return ended
  },
}) }))
const store = await openStore({ path: join(stateDir, 'store.db') })
const models = { url: 'http://127.0.0.1:9', issueToken: () => 't', revokeTokens() {} }
const supervisor = createSupervisor({ host, store, stateDir, models, log, env: process.env, graceMs: 300 })
const contract = { objective: 'x', workingDir: folder, agent: 'scripted', model: null, reasoner: 'rules', reasonerModel: null,
  checks: [commandCheck('grep -q fixed a.txt')], checksFrom: 'flags', budgets: { maxTurns: 3, maxTimeMs: null }, idleMs: 20000, expectsChange: true, allowsTestChanges: false, protectedPaths: [], screenshots: [] }
const options = { sessionId: 'one', signal: new AbortController().signal, onEvent({ payload }) { if (payload.type === 'agent.event') console.log('agent up') } }
const report = mode === 'resume' ? await supervisor.resume('one', options) : await supervisor.start(contract, options)
console.log(JSON.stringify(report))
await store.close()
await host.shutdownAll()
`

test.skipIf(!built)(
  'a killed supervisor is resumed by another process: no orphan, no gap, verified',
  async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const stateDir = tempFolder()
    const runner = join(packages, 'supervisor', `.runner-${process.pid}.test.mjs`)
    writeFileSync(runner, RUNNER)
    const { rmSync } = await import('node:fs')
    onTestFinished(() => rmSync(runner, { force: true }))
    const first = spawn(process.execPath, [runner, stateDir, folder, 'start'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((resolve) => first.stdout.once('data', () => resolve()))
    const died = new Promise((resolve) => first.once('exit', resolve))
    first.kill('SIGKILL')
    await died
    const store = await openStore({ path: join(stateDir, 'store.db') })
    onTestFinished(() => store.close())
    const killed = await logOf({ store }, 'one')
    const markers = killed.flatMap((event) => (event.type === 'process.starting' ? [event.marker] : []))
    const orphans = async () => (await Promise.all(markers.map((marker) => findMarked(marker)))).flat()
    expect((await orphans()).length).toBeGreaterThan(0)
    const output = execFileSync(process.execPath, [runner, stateDir, folder, 'resume'], { encoding: 'utf8' })
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({
      outcome: 'done',
      reason: 'verified',
      turns: 1,
    })
    const log = await logOf({ store }, 'one')
    expect(log.slice(0, killed.length)).toEqual(killed)
    expect(log[killed.length]).toMatchObject({
      type: 'task.resumed',
      generation: 2,
      orphansEnded: expect.any(Number),
    })
    expect(log.filter((event) => event.type === 'check.finished' && event.phase === 'baseline')).toHaveLength(
      1,
    )
    await sleep(50)
    expect(await orphans()).toEqual([])
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('fixed')
  },
)
