import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixture } from '../../testing/task-fixture.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { pathTest } from '../../session/path-test.ts'

test.each([
  ['.env', ['.env', 'deep/.env', '.ENV', '.env/inside'], ['.environment', 'a.env']],
  ['db/migrations', ['db/migrations', 'db/migrations/001.sql'], ['src/db/migrations/001.sql', 'db/other']],
  ['/db/', ['db/x/y'], ['mydb/x']],
  ['**/*.lock', ['a.lock', 'x/y.lock'], ['lock']],
  ['src/*.ts', ['src/a.ts'], ['src/deep/a.ts']],
])('the pattern %s protects what it says and nothing else', (pattern, inside, outside) => {
  const isProtected = pathTest([pattern])
  expect(inside.filter((path) => !isProtected(path))).toEqual([])
  expect(outside.filter((path) => isProtected(path))).toEqual([])
})

test('what the task protects is put back after a turn, and refused where the agent asks first', async () => {
  const folder = tempFolder({ 'a.txt': '', 'db/001.sql': 'old', '.env': 'KEY=1' })
  const answers: string[] = []
  const set = await fixture({
    folder,
    async agent(turn) {
      for (const path of ['.env', 'a.txt']) {
        const request = { tool: 'write', kind: 'edit', title: path, input: {}, paths: [path] } as const
        answers.push((await turn.requestPermission(request)).decision)
      }
      writeFileSync(join(folder, 'a.txt'), 'fixed')
      writeFileSync(join(folder, 'db/001.sql'), 'new')
      mkdirSync(join(folder, 'db/more'))
      writeFileSync(join(folder, 'db/more/002.sql'), 'new')
    },
  })
  const report = await set.run({ protectedPaths: ['.env', 'db'] })
  expect(report).toMatchObject({ outcome: 'done', changes: [{ path: 'a.txt' }] })
  expect(answers).toEqual(['deny', 'allow'])
  expect(readFileSync(join(folder, 'db/001.sql'), 'utf8')).toBe('old')
  expect(existsSync(join(folder, 'db/more'))).toBe(false)
  expect(set.payloads('file.rolled-back').map(({ path, plugin }) => [path, plugin])).toEqual([
    ['db/001.sql', '--protect'],
    ['db/more/002.sql', '--protect'],
  ])
})
