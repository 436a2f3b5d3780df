import { expect, test } from 'vitest'
import { openStore } from '@agentproxy/store'
import { defaultLimits } from '../session/limits.ts'
import { emptyState } from '../session/session-state.ts'
import { observe } from '../session/observe.ts'
import type { TaskEvent } from '../session/task-event.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { Journal, readState } from './journal.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

function entry(at: number): TaskEvent {
  if (at % 700 === 0) return { type: 'task.resumed', generation: at / 700, orphansEnded: 0 }
  return { type: 'agent.event', turn: 1, event: { type: 'text', text: `entry ${at}` } }
}

test('a long log is read from its last snapshot on, to the same state as from its beginning', async () => {
  const store = await openStore({ path: `${tempFolder({})}/agentproxy.db` })
  const session = { title: 't', workingDir: '/', agent: 'a', model: null, state: 'running' }
  await store.sessions.create({ id: 's1', ...session })
  const lease = await store.leases.acquire('s1')
  const journal = new Journal({ store, lease, limits: defaultLimits, log, onEvent() {} })
  await Promise.all(Array.from({ length: 1_250 }, (_, index) => journal.append(entry(index + 1))))
  const snapshot = await store.snapshots.get('s1')
  expect(snapshot?.seq).toBe(1_000)
  let whole = emptyState
  for (const { seq, at, payload } of await store.events.list('s1'))
    whole = observe(whole, { seq, at, payload: payload as TaskEvent }, defaultLimits)
  expect(await readState(store, 's1', defaultLimits)).toEqual(whole)
  expect(journal.state).toEqual(whole)
  // What another program made of the log is not gone on from.
  await store.snapshots.put(lease, {
    seq: 1_000,
    version: 'another',
    body: { ...whole, seq: 1_000, turns: null },
  })
  expect(await readState(store, 's1', defaultLimits)).toEqual(whole)
  // With other limits the same log comes to another state.
  await store.snapshots.put(lease, { ...snapshot!, body: { ...whole, seq: 1_250, activeMs: -1 } })
  expect((await readState(store, 's1', defaultLimits)).activeMs).toBe(-1)
  expect((await readState(store, 's1', { ...defaultLimits, rechecks: 9 })).activeMs).toBe(whole.activeMs)
  await store.close()
})
