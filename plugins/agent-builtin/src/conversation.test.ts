import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConversation } from './conversation.ts'

const ID = '11111111-1111-4111-8111-111111111111'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conversation-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('what was added is there when it is opened again', async () => {
  const first = await openConversation(folder, ID, false)
  await first.add({ role: 'user', content: 'hello' })
  const again = await openConversation(folder, ID, true)
  expect(again).toMatchObject({ id: ID, problem: null, messages: [{ role: 'user', content: 'hello' }] })
  expect(await readdir(join(folder, 'conversations'))).toEqual([`${ID}.json`])
})

test('an unreadable conversation is put aside and a new one begun', async () => {
  await (await openConversation(folder, ID, false)).add({ role: 'user', content: 'hello' })
  await writeFile(join(folder, 'conversations', `${ID}.json`), '{"version":1,"messages":[{"role":"us')
  const again = await openConversation(folder, ID, true)
  expect(again).toMatchObject({ messages: [], problem: expect.stringContaining('could not be read') })
  expect(await readdir(join(folder, 'conversations'))).toEqual([`${ID}.json.unreadable`])
})

test('a name that is no conversation leads to no file', async () => {
  const opened = await openConversation(folder, '../../etc/passwd', true)
  expect(opened.id).not.toContain('/')
  expect(opened.problem).toContain('no conversation')
})
