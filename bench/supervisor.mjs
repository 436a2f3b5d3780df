// What the supervisor costs beside the agent: events into the log, a turn whose agent takes no time, and the memory of a
// task of 1,000 turns. References are what cannot be saved: a line into a file, and git's own look at the files.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PluginManager } from '@agentproxy/kernel'
import { openStore } from '@agentproxy/store'
import { commandCheck, createSupervisor, IN_PLACE } from '@agentproxy/supervisor'
import { median } from './statistics.mjs'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const FILES = 200

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

function heapBytes() {
  collect()
  return process.memoryUsage().heapUsed
}

export async function measure({ quick }) {
  const root = mkdtempSync(join(tmpdir(), 'agentproxy-bench-'))
  const store = await openStore({ path: join(root, 'store.db') })
  try {
    return [
      await measureEvents(store, root, quick ? 500 : 5_000),
      ...(await measureTurns(store, root, quick ? 100 : 1_000)),
    ]
  } finally {
    await store.close()
    rmSync(root, { recursive: true })
  }
}

async function measureEvents(store, root, count) {
  const session = { id: 'events', title: '', workingDir: root, agent: 'a', model: null, state: 'running' }
  await store.sessions.create(session)
  const lease = await store.leases.acquire('events')
  const payload = { type: 'agent.event', turn: 1, event: { type: 'text', text: 'x'.repeat(200) } }
  const file = join(root, 'lines')
  const [appends, lines] = [[], []]
  for (let index = 0; index < count; index += 1) {
    const before = performance.now()
    await store.events.append(lease, { type: payload.type, payload })
    const between = performance.now()
    appendFileSync(file, `${JSON.stringify(payload)}\n`)
    appends.push(between - before)
    lines.push(performance.now() - between)
  }
  await store.leases.release(lease)
  const one = median(appends)
  const detail = `${(one * 1000).toFixed(0)} us, ${Math.round(1000 / one)} a second; a line into a file ${(median(lines) * 1000).toFixed(0)} us`
  return { scenario: 'an event into the log', ratio: one / median(lines), detail }
}

async function measureTurns(store, root, turns) {
  const folder = join(root, 'project')
  execFileSync('git', ['init', '--quiet', folder])
  for (let index = 0; index < FILES; index += 1) writeFileSync(join(folder, `file-${index}`), `${index}\n`)
  const heap = []
  const agent = {
    name: 'instant',
    displayName: 'Instant',
    asksPermission: false,
    capabilities: {},
    detect: async () => ({ available: true, version: '1', problem: null }),
    async runTurn({ turn }) {
      writeFileSync(join(folder, 'file-0'), `turn ${turn}\n`)
      if (turn === 20 || turn === turns) heap.push(heapBytes())
      return { stopReason: 'end_turn', message: `turn ${turn}`, error: null, conversationId: 'one' }
    },
  }
  const host = new PluginManager({ log })
  await host.loadPlugin({ name: 'bench', version: '1.0.0', setup: (ctx) => void ctx.agent(agent) })
  const models = { url: 'http://127.0.0.1:9', issueToken: () => 'token', revokeTokens() {} }
  const supervisor = createSupervisor({ host, store, stateDir: root, models, log, env: process.env })
  const started = performance.now()
  const report = await supervisor.start(contract(folder, turns), {
    sessionId: 'turns',
    signal: new AbortController().signal,
    onEvent() {},
  })
  if (report.reason !== 'max_turns') throw new Error(`the task ended otherwise: ${report.message}`)
  const turnMs = (performance.now() - started) / turns
  await host.shutdownAll()
  const gitMs = measureGit(folder)
  const grown = (heap[1] - heap[0]) / (turns - 20)
  return [
    {
      scenario: 'a turn beside the agent, one check',
      ratio: turnMs / gitMs,
      detail: `${turnMs.toFixed(0)} ms; git add and write-tree ${gitMs.toFixed(0)} ms`,
    },
    {
      scenario: `memory of ${turns} turns against 20`,
      ratio: heap[1] / heap[0],
      detail: `${(heap[0] / 1e6).toFixed(1)} MB, then ${(heap[1] / 1e6).toFixed(1)} MB: ${Math.round(grown)} bytes a turn`,
    },
  ]
}

function measureGit(folder) {
  const times = []
  for (let round = 0; round < 15; round += 1) {
    writeFileSync(join(folder, 'file-0'), `round ${round}\n`)
    const before = performance.now()
    execFileSync('git', ['add', '--all', '.'], { cwd: folder })
    execFileSync('git', ['write-tree'], { cwd: folder })
    times.push(performance.now() - before)
  }
  return median(times)
}

function contract(folder, turns) {
  return {
    objective: 'Never done.',
    workingDir: folder,
    agent: 'instant',
    model: null,
    reasoner: 'rules',
    reasonerModel: null,
    // Fails each time in another way, so that nobody thinks the agent is stuck.
    checks: [commandCheck('cat file-0; exit 1')],
    checksFrom: 'flags',
    suggestedChecks: [],
    budgets: { maxTurns: turns, maxTimeMs: null },
    idleMs: 60_000,
    expectsChange: true,
    allowsTestChanges: false,
    protectedPaths: [],
    screenshots: [],
    workspace: IN_PLACE,
  }
}
