import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { globTest } from '../../examples/fleet-hooks/glob.ts'
import { git, read, runTask, tempFolder, tempRepository, writeFiles } from './run-task.ts'
import type { TaskSetting } from './run-task.ts'

const FILES = {
  '.gitignore': '*.log\n',
  'a.txt': 'broken\n',
  'sub/b.txt': 'b\n',
  'run.sh': '#!/bin/sh\n',
}

const fleet = (setting: Omit<TaskSetting, 'example'>) => runTask({ example: 'fleet-hooks', ...setting })

/** What belongs to the person and no snapshot may touch. */
function ownThings(folder: string): readonly string[] {
  return [
    readFileSync(join(folder, '.git/index')).toString('hex'),
    git(folder, 'for-each-ref', 'refs/heads'),
    git(folder, 'symbolic-ref', 'HEAD'),
    git(folder, 'stash', 'list'),
  ]
}

describe('a clean tree', () => {
  test('is required: what is uncommitted is named, and nothing runs', async () => {
    const folder = tempRepository(FILES)
    writeFiles(folder, { 'a.txt': 'mine\n', 'notes/new.txt': 'mine\n', 'x.log': 'ignored\n' })
    const { report, events } = await fleet({ folder, agent() {} })
    expect(report).toMatchObject({
      outcome: 'blocked',
      message: 'Task blocked by plugin fleet-hooks: commit or stash first: a.txt, notes/new.txt',
    })
    expect(events.some((event) => event.type === 'turn.started')).toBe(false)
    expect(read(folder, 'a.txt')).toBe('mine\n')
  })

  test('is required by failing closed where there is no repository', async () => {
    const folder = tempFolder(FILES)
    const { report } = await fleet({ folder, agent() {} })
    expect(report).toMatchObject({ outcome: 'blocked', message: expect.stringContaining('fleet-hooks') })
  })

  test('is not required when the configuration says so, and the person’s work survives a rollback', async () => {
    const folder = tempRepository(FILES)
    writeFiles(folder, { 'a.txt': 'mine\n', 'new.txt': 'mine too\n' })
    git(folder, 'add', 'new.txt')
    const before = [git(folder, 'status', '--porcelain'), ...ownThings(folder)]
    const { report } = await fleet({
      folder,
      config: { requireCleanTree: false },
      agent: () => writeFiles(folder, { 'a.txt': 'agent\n', 'new.txt': 'agent\n' }),
    })
    expect(report.outcome).toBe('capped')
    expect([git(folder, 'status', '--porcelain'), ...ownThings(folder)]).toEqual(before)
    expect([read(folder, 'a.txt'), read(folder, 'new.txt')]).toEqual(['mine\n', 'mine too\n'])
  })
})

describe('a task that fails', () => {
  test('leaves nothing: changed and deleted files come back, new ones go, ignored ones stay', async () => {
    const folder = tempRepository(FILES)
    writeFiles(folder, { 'kept.log': 'before\n' })
    const before = [...ownThings(folder), git(folder, 'ls-files', '-s')]
    const { report, log } = await fleet({
      folder,
      agent() {
        rmSync(join(folder, 'sub'), { recursive: true })
        writeFiles(folder, {
          'a.txt': 'worse\n',
          'new/deep/c.txt': 'c\n',
          'umläut and space.txt': 'x\n',
          'kept.log': 'written by the agent\n',
        })
      },
    })
    expect(report.outcome).toBe('capped')
    expect(git(folder, 'status', '--porcelain')).toBe('')
    expect(read(folder, 'sub/b.txt')).toBe('b\n')
    expect(read(folder, 'a.txt')).toBe('broken\n')
    expect(read(folder, 'new')).toBeNull()
    expect(read(folder, 'kept.log')).toBe('written by the agent\n')
    expect([...ownThings(folder), git(folder, 'ls-files', '-s')]).toEqual(before)
    expect(git(folder, 'for-each-ref')).not.toContain('fleet-hooks')
    expect(log).toContain('rolled back to before the task')
  })

  test('cannot take ignored files with it by changing what is ignored', async () => {
    const folder = tempRepository(FILES)
    writeFiles(folder, { 'secret.log': 'mine\n' })
    await fleet({ folder, agent: () => writeFiles(folder, { '.gitignore': '*.tmp\n', 'junk.tmp': 'x\n' }) })
    expect(read(folder, 'secret.log')).toBe('mine\n')
    expect(read(folder, '.gitignore')).toBe('*.log\n')
    expect(read(folder, 'junk.tmp')).toBeNull()
  })

  test('takes repositories with it that the agent made, and leaves those that were there', async () => {
    const folder = tempRepository(FILES)
    writeFiles(folder, { 'there/own.txt': 'mine\n' })
    git(join(folder, 'there'), 'init', '-q')
    await fleet({
      folder,
      config: { requireCleanTree: false },
      agent() {
        writeFiles(folder, { 'a.txt': 'worse\n', 'made/deep/c.txt': 'c\n', 'there/own.txt': 'changed\n' })
        git(join(folder, 'made'), 'init', '-q')
      },
    })
    expect(read(folder, 'a.txt')).toBe('broken\n')
    expect(read(folder, 'made')).toBeNull()
    expect(read(folder, 'there/own.txt')).toBe('changed\n')
  })

  test('keeps commits the agent made, and says so', async () => {
    const folder = tempRepository(FILES)
    const { log } = await fleet({
      folder,
      agent() {
        writeFiles(folder, { 'a.txt': 'worse\n' })
        git(folder, 'commit', '-qam', 'by the agent')
      },
    })
    expect(read(folder, 'a.txt')).toBe('broken\n')
    expect(git(folder, 'log', '--format=%s')).toBe('by the agent\nfirst\n')
    expect(log).toContain('commits were made during the task; they are kept')
  })

  test('in one folder of a repository leaves the others alone', async () => {
    const folder = tempRepository({ 'mine/a.txt': 'broken\n', 'other/b.txt': 'b\n' })
    await fleet({
      folder: join(folder, 'mine'),
      agent: () => writeFiles(folder, { 'mine/a.txt': 'worse\n', 'other/b.txt': 'somebody works here\n' }),
    })
    expect(read(folder, 'mine/a.txt')).toBe('broken\n')
    expect(read(folder, 'other/b.txt')).toBe('somebody works here\n')
  })

  test('is left as it is when it was only interrupted, or when rollback is off', async () => {
    const folder = tempRepository(FILES)
    const stop = new AbortController()
    const agent = () => {
      writeFiles(folder, { 'a.txt': 'half done\n' })
      stop.abort()
    }
    const { report } = await fleet({ folder, agent, signal: stop.signal })
    expect(report.outcome).toBe('cancelled')
    expect(read(folder, 'a.txt')).toBe('half done\n')
    git(folder, 'checkout', '--', '.')
    await fleet({ folder, agent, config: { rollback: false } })
    expect(read(folder, 'a.txt')).toBe('half done\n')
  })
})

test('a task that is done keeps its work and no reference', async () => {
  const folder = tempRepository(FILES)
  let during = ''
  const { report } = await fleet({
    folder,
    agent() {
      during = git(folder, 'for-each-ref', '--format=%(refname)')
      writeFiles(folder, { 'a.txt': 'fixed\n', 'c.txt': 'c\n' })
    },
  })
  expect(report.outcome).toBe('done')
  expect(during).toContain(`refs/fleet-hooks/${report.sessionId}`)
  expect(git(folder, 'for-each-ref')).not.toContain('fleet-hooks')
  expect([read(folder, 'a.txt'), read(folder, 'c.txt')]).toEqual(['fixed\n', 'c\n'])
})

test('protected files are put back when an agent changes them unasked, and the rest is kept', async () => {
  const folder = tempRepository({ ...FILES, 'db/migrations/1.sql': 'one\n' })
  const { report, events } = await fleet({
    folder,
    config: { protected: ['.env', 'db/migrations/**'] },
    agent: () =>
      writeFiles(folder, { 'a.txt': 'fixed\n', 'db/migrations/1.sql': 'two\n', 'sub/.env': 'KEY=1\n' }),
  })
  expect(report.outcome).toBe('done')
  expect(events.flatMap((event) => (event.type === 'file.rolled-back' ? [event.path] : []))).toEqual([
    'db/migrations/1.sql',
    'sub/.env',
  ])
  expect([read(folder, 'db/migrations/1.sql'), read(folder, 'sub/.env')]).toEqual(['one\n', null])
})

test('a configuration that could not roll back is refused', async () => {
  const folder = tempRepository(FILES)
  await expect(fleet({ folder, config: { snapshot: false }, agent() {} })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('rollback needs snapshot'),
  })
})

test.each<[string, readonly string[], readonly string[]]>([
  ['.env', ['.env', 'a/b/.env', '.ENV'], ['.env.local', 'x.env', '.env/x']],
  ['*.pem', ['key.pem', 'a/key.pem'], ['key.pem.txt', 'pem']],
  ['/config.json', ['config.json'], ['a/config.json']],
  ['db/**', ['db/a', 'db/a/b'], ['db', 'x/db/a']],
  ['**/secrets/*', ['secrets/a', 'x/y/secrets/a'], ['secrets/a/b']],
  ['a?c.txt', ['abc.txt'], ['a/c.txt', 'ac.txt']],
  ['a+(b).txt', ['a+(b).txt'], ['aab.txt']],
])('the pattern %s', (pattern, matching, others) => {
  const matches = globTest([pattern])
  expect(matching.filter((path) => !matches(path))).toEqual([])
  expect(others.filter((path) => matches(path))).toEqual([])
})
