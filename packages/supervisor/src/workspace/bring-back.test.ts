import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder, tempRepository, writeFiles } from '../testing/temp-folder.ts'
import { bringBack, planBringBack, planRest } from './bring-back.ts'
import { openWorkspace } from './workspace.ts'

async function halfWritten() {
  const folder = tempRepository({ 'a.txt': 'a\n', 'b.txt': 'b\n', 'mine.txt': 'm\n' })
  const origin = await openWorkspace(folder, tempFolder(), { view: 'origin' })
  const from = (await origin.snapshot()).tree
  writeFiles(folder, { 'a.txt': 'A\n', 'b.txt': 'B\n' })
  const to = (await origin.snapshot()).tree
  writeFiles(folder, { 'a.txt': 'a\n', 'b.txt': 'b\n', 'mine.txt': 'edited\n' })
  const plan = await planBringBack(origin, { from, to })
  // Killed after the first of two files.
  writeFileSync(join(folder, 'a.txt'), 'A\n')
  return { folder, origin, plan }
}

test('bringing a result back that was cut short is finished by the next try', async () => {
  const { folder, origin, plan } = await halfWritten()
  writeFiles(folder, { 'mine.txt': 'edited again\n' })
  const rest = await planRest(origin, plan)
  expect(rest.changes.map((file) => file.path)).toEqual(['b.txt'])
  await bringBack(origin, rest)
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  expect([read('a.txt'), read('b.txt'), read('mine.txt')]).toEqual(['A\n', 'B\n', 'edited again\n'])
})

test('unless the person edited one of its files in between', async () => {
  const { folder, origin, plan } = await halfWritten()
  writeFiles(folder, { 'b.txt': 'mine\n' })
  await expect(planRest(origin, plan)).rejects.toMatchObject({ code: 'APPLY_CONFLICT' })
  expect(readFileSync(join(folder, 'b.txt'), 'utf8')).toBe('mine\n')
})
