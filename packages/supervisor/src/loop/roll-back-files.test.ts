import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixture } from '../testing/task-fixture.ts'
import { tempFolder } from '../testing/temp-folder.ts'

async function twoTurns() {
  const folder = tempFolder({ 'a.txt': '', 'gone.txt': 'keep me' })
  let turns = 0
  const set = await fixture({
    folder,
    agent: () => {
      turns += 1
      writeFileSync(join(folder, 'new.txt'), `turn ${turns}`)
      writeFileSync(join(folder, 'gone.txt'), '')
      if (turns === 2) writeFileSync(join(folder, 'a.txt'), 'fixed')
    },
  })
  expect(await set.run({}, { sessionId: 'one' })).toMatchObject({ outcome: 'done', turns: 2 })
  const read = (file: string) =>
    existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : null
  return { ...set, folder, read }
}

const all = { turn: null, discardLater: false }

test('all files are put back as they were, new ones are gone, and the log says so', async () => {
  const { supervisor, read, store } = await twoTurns()
  const report = await supervisor.rollback('one', all)
  expect(report).toEqual({ turn: 1, paths: ['a.txt', 'gone.txt', 'new.txt'] })
  expect([read('a.txt'), read('gone.txt'), read('new.txt')]).toEqual(['', 'keep me', null])
  expect((await store.events.list('one')).at(-1)?.payload).toMatchObject({ type: 'files.restored', turn: 1 })
  expect(await supervisor.diff('one')).toBe('')
  // Once more changes nothing.
  expect((await supervisor.rollback('one', all)).paths).toEqual([])
})

test('files are put back as they were before one turn', async () => {
  const { supervisor, read } = await twoTurns()
  await supervisor.rollback('one', { ...all, turn: 2 })
  expect([read('a.txt'), read('new.txt')]).toEqual(['', 'turn 1'])
  await expect(supervisor.rollback('one', { ...all, turn: 9 })).rejects.toMatchObject({
    code: 'ROLLBACK_IMPOSSIBLE',
    message: 'There was no turn 9. Turns: 1, 2.',
  })
})

test('what a person changed after the task is not lost unless they say so', async () => {
  const { supervisor, read, folder } = await twoTurns()
  writeFileSync(join(folder, 'mine.txt'), 'precious')
  await expect(supervisor.rollback('one', all)).rejects.toMatchObject({
    code: 'ROLLBACK_UNSAFE',
    message: expect.stringContaining('mine.txt') as unknown,
  })
  expect([read('mine.txt'), read('new.txt')]).toEqual(['precious', 'turn 2'])
  await supervisor.rollback('one', { ...all, discardLater: true })
  expect([read('mine.txt'), read('new.txt')]).toEqual([null, null])
})

test('a session that another process runs is left alone', async () => {
  const { supervisor, store } = await twoTurns()
  const lease = await store.leases.acquire('one')
  await expect(supervisor.rollback('one', all)).rejects.toMatchObject({ code: 'SESSION_BUSY' })
  await store.leases.release(lease)
})
