// Opening a session of 100,000 log entries: its state from the last snapshot, against folding the whole log.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@agentproxy/store'
import { Journal, readState } from '../packages/supervisor/dist/loop/journal.js'
import { defaultLimits } from '../packages/supervisor/dist/session/limits.js'
import { median } from './statistics.mjs'

const ROUNDS = 5
const log = { debug() {}, info() {}, warn() {}, error() {} }
// As the store's own room finds it.
const Libsql = createRequire(new URL('../packages/store/package.json', import.meta.url))('libsql')

/** Entries that stand after the last snapshot. */
const REST = 600

export async function measure({ quick }) {
  const entries = quick ? 20_000 : 100_000
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-bench-'))
  const path = join(folder, 'agentproxy.db')
  const store = await openStore({ path })
  try {
    const session = { title: 'long', workingDir: '/', agent: 'bench', model: null, state: 'running' }
    for (const id of ['whole', 'snapshot']) await store.sessions.create({ id, ...session })
    const written = Math.floor(entries / 1_000) * 1_000 - 1
    for (const id of ['whole', 'snapshot']) fill(path, id, id === 'whole' ? written + 1 + REST : written)
    const lease = await store.leases.acquire('snapshot')
    const before = await readState(store, 'snapshot', defaultLimits)
    const journal = new Journal({ store, lease, limits: defaultLimits, log, onEvent() {} }, before)
    for (let seq = written + 1; seq <= written + 1 + REST; seq++) await journal.append(entry(seq))
    await store.leases.release(lease)
    const times = { whole: [], snapshot: [] }
    for (let round = 0; round < ROUNDS; round++) {
      for (const id of ['whole', 'snapshot']) {
        const start = performance.now()
        const { seq } = await readState(store, id, defaultLimits)
        times[id].push(performance.now() - start)
        if (seq !== written + 1 + REST) throw new Error(`${id} was not read to its end`)
      }
    }
    const [whole, snapshot] = [median(times.whole), median(times.snapshot)]
    const detail = `${snapshot.toFixed(1)} ms with a snapshot, ${whole.toFixed(0)} ms without`
    return [{ scenario: 'open a session of 100,000 entries', ratio: snapshot / whole, detail }]
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function entry(seq) {
  if (seq === 1) return { type: 'turn.started', turn: 1, prompt: 'go on', tree: 'abc' }
  const text = `Entry ${seq}: ${'what the agent says while it works. '.repeat(4)}`
  return { type: 'agent.event', turn: 1, event: { type: 'text', text } }
}

function fill(path, id, count) {
  const file = new Libsql(path)
  const insert = file.prepare(
    'insert into events ("sessionId", seq, "eventId", type, at, payload) values (?, ?, null, ?, ?, ?)',
  )
  file.exec('begin immediate')
  for (let seq = 1; seq <= count; seq++) {
    const payload = entry(seq)
    insert.run(id, seq, payload.type, Date.now(), JSON.stringify(payload))
  }
  file.exec('commit')
  file.close()
}
