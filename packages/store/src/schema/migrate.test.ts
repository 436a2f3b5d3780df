import { expect } from 'vitest'
import { openDatabase, openStore } from '../open-store.ts'
import type { StorePlace } from '../open-store.ts'
import { test } from '../testing/on-each-database.ts'
import { buildStore, startBuiltProcess } from '../testing/store-process.ts'
import { insist, tempPlace, tempStore } from '../testing/temp-store.ts'
import { migrationNames } from './migrations.ts'

/** What a database of each level may hold, in the words of its time. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  '0001-initial': [
    `insert into sessions values ('s1', 'old', '/src', 'builtin', null, 'running', null, 1, 1)`,
    `insert into events values ('s1', 1, null, 'task.created', 5, '{"type":"task.created"}')`,
    `insert into evidence values ('s1', 'e1', 1, 'turn', 'test', 'pass', 'abc', 5, '{}')`,
    `insert into leases ("sessionId", generation) values ('s1', 3)`,
    `insert into "values" values ('room', 'key', '"kept"')`,
    ...['paid', 'scripted', 'refused'].map(
      (
        id,
      ) => `insert into exchanges (id, at, outcome, reason, status, "clientFormat", model, stream, simulated, "durationMs")
        values ('${id}', 1, '${id === 'refused' ? 'rejected' : 'completed'}', '', 200, 'anthropic', 'm', 1, ${Number(id === 'scripted')}, 1)`,
    ),
  ],
  '0003-virtual-keys': [
    `insert into keys values ('k1', 'ci', 'hash', '[]', '{"budgetUsd":null,"tokensPerDay":9,"requestsPerMinute":null,"tokensPerMinute":null}', 1, null, null)`,
  ],
  '0004-responses': [
    `insert into responses (id, owner, previous, at, input, body) values ('r1', 'me', null, 1, '[]', '{}')`,
  ],
}

async function makeOld(place: StorePlace, level: string): Promise<void> {
  await (await openDatabase(place, level)).close()
  for (const [since, statements] of Object.entries(ROWS))
    if (since <= level) for (const statement of statements) await insist(place, statement)
}

test('a database of every earlier release goes forward and keeps what it has', async () => {
  for (const level of migrationNames) {
    const place = await tempPlace()
    await makeOld(place, level)
    const store = await tempStore(place)
    expect(await store.sessions.get('s1')).toMatchObject({ title: 'old', state: 'running' })
    expect(await store.events.list('s1')).toMatchObject([{ seq: 1, at: 5, type: 'task.created' }])
    expect(await store.evidence.list('s1')).toMatchObject([{ id: 'e1', body: {} }])
    expect(await store.values.get('room', 'key')).toBe('kept')
    // What was written before there was an index is found as well.
    if (level < '0008')
      expect(await store.search({ text: 'created', limit: 9 })).toMatchObject([{ sessionId: 's1', seq: 1 }])
    expect((await store.leases.acquire('s1')).generation).toBe(4)
    const costs = (await store.exchanges.list({ limit: 9 })).map(({ id, costUsd }) => [id, costUsd])
    // What an exchange cost before there were prices is not known, but for those that cannot have cost anything.
    expect(Object.fromEntries(costs)).toEqual(
      level === '0001-initial'
        ? { paid: null, scripted: 0, refused: 0 }
        : { paid: null, scripted: null, refused: null },
    )
    expect((await store.keys.list()).map(({ name }) => name)).toEqual(level >= '0003' ? ['ci'] : [])
    expect(await store.responses.find('r1')).toHaveLength(level >= '0004' ? 1 : 0)
  }
})

test('processes that open an old database at once take each step once', async () => {
  buildStore()
  const place = await tempPlace()
  await makeOld(place, '0001-initial')
  const processes = [1, 2, 3].map(() =>
    startBuiltProcess(
      '',
      `print(String((await (await openStore(args[0])).exchanges.list({ limit: 9 })).length)); process.exit()`,
      [place],
    ),
  )
  const stores = Promise.all([tempStore(place), tempStore(place)])
  for (const { lines } of processes) expect((await lines.next()).value).toBe('3')
  await stores
  await (await openStore(place)).close()
})
