import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { AgentTurn } from '@agentproxy/plugin'
import { describe, expect, test } from 'vitest'
import { gitFingerprint } from '../testing/git-fingerprint.ts'
import { fixture } from '../testing/task-fixture.ts'
import { tempFolder, tempRepository, userGit, writeFiles } from '../testing/temp-folder.ts'
import { IN_PLACE, type WorkspaceOrder } from '../workspace/workspace-order.ts'

const order = (part: Partial<WorkspaceOrder>): { workspace: WorkspaceOrder } => ({
  workspace: { ...IN_PLACE, mode: 'worktree', ...part },
})
const FILES = { 'a.txt': 'one\ntwo\nthree\n', '.gitignore': '.env\n', 'sub/b.txt': 'b\n' }
const repair = ({ workingDir }: AgentTurn): void => {
  writeFiles(workingDir, { 'a.txt': 'one\nfixed\nthree\n', 'new/n.txt': 'n\n' })
  rmSync(join(workingDir, 'sub/b.txt'))
}

async function onceIn(
  folder: string,
  part: Partial<WorkspaceOrder>,
  { agent = repair, sessionId = 'one' }: { agent?: (turn: AgentTurn) => void; sessionId?: string } = {},
) {
  const dirs: string[] = []
  const set = await fixture({
    folder,
    agent: (turn) => {
      dirs.push(turn.workingDir)
      agent(turn)
    },
  })
  const report = await set.run(order(part), { sessionId })
  const read = (file: string) =>
    existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : null
  return { ...set, report, read, dir: dirs[0] ?? '' }
}

describe.each(['worktree', 'clone'] as const)('a task in a %s', (mode) => {
  test('leaves the folder as it was until it is applied, and shows, rolls back and cleans what it did', async () => {
    const folder = tempRepository(FILES)
    const before = gitFingerprint(folder)
    const { supervisor, report, read, dir, stateDir } = await onceIn(folder, { mode })
    expect(report).toMatchObject({ outcome: 'done', applied: false })
    expect(dir.startsWith(stateDir)).toBe(true)
    expect([read('a.txt'), read('new/n.txt'), read('sub/b.txt')]).toEqual([FILES['a.txt'], null, 'b\n'])
    expect(await supervisor.diff('one')).toContain('+fixed')

    await supervisor.rollback('one', { turn: null, discardLater: false })
    expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe(FILES['a.txt'])
    await expect(supervisor.apply('one', { unverified: false })).rejects.toMatchObject({
      code: 'APPLY_UNVERIFIED',
    })

    expect(await supervisor.clean('one', { discard: false })).toMatchObject({ problem: null })
    expect(existsSync(dir)).toBe(false)
    expect(gitFingerprint(folder)).toEqual(before)
    await expect(supervisor.rollback('one', { turn: null, discardLater: true })).rejects.toMatchObject({
      code: 'WORKSPACE_MISSING',
    })
  })

  test('begins at the last commit, or with the uncommitted changes where that is asked', async () => {
    const folder = tempRepository(FILES)
    writeFiles(folder, { 'sub/b.txt': 'mine\n', 'untracked.txt': 'u\n', '.env': 'secret' })
    const seen: unknown[] = []
    const look = ({ workingDir }: AgentTurn): void => {
      const at = (file: string) =>
        existsSync(join(workingDir, file)) && readFileSync(join(workingDir, file), 'utf8')
      seen.push([at('sub/b.txt'), at('untracked.txt'), at('.env')])
      writeFileSync(join(workingDir, 'a.txt'), 'fixed')
    }
    await onceIn(folder, { mode }, { agent: look })
    await onceIn(
      folder,
      { mode, uncommitted: true, copy: ['.env', 'not-there'] },
      { agent: look, sessionId: 'two' },
    )
    expect(seen).toEqual([
      ['b\n', false, false],
      ['mine\n', 'u\n', 'secret'],
    ])
  })

  test('is applied beside changes of the person, to the part of the repository it was started in', async () => {
    const top = tempRepository({
      'part/a.txt': 'one\ntwo\nthree\n',
      'part/sub/b.txt': 'b\n',
      'other.txt': 'o\n',
    })
    const folder = join(top, 'part')
    const { supervisor, dir, read } = await onceIn(folder, { mode })
    expect(readFileSync(join(dir, '..', 'other.txt'), 'utf8')).toBe('o\n')
    writeFiles(folder, { 'mine.txt': 'm\n', 'a.txt': 'one\nzwei\nthree\n' })
    // What does not fit is refused whole.
    await expect(supervisor.apply('one', { unverified: false })).rejects.toMatchObject({
      code: 'APPLY_CONFLICT',
      message: expect.stringContaining('a.txt') as unknown,
    })
    expect([read('new/n.txt'), read('sub/b.txt')]).toEqual([null, 'b\n'])
    writeFiles(folder, { 'a.txt': 'one\ntwo\nthree\nfour\n' })
    expect(await supervisor.apply('one', { unverified: false })).toEqual({
      paths: ['a.txt', 'new/n.txt', 'sub/b.txt'],
      verified: true,
    })
    expect([read('a.txt'), read('sub/b.txt'), read('mine.txt')]).toEqual([
      'one\nfixed\nthree\nfour\n',
      null,
      'm\n',
    ])
    expect(userGit(top, 'diff', '--cached', '--name-only')).toBe('')
    await supervisor.clean('one', { discard: false })
  })

  test('work that was not brought back is not thrown away by accident', async () => {
    const { supervisor, dir } = await onceIn(tempRepository(FILES), { mode })
    await expect(supervisor.clean('one', { discard: false })).rejects.toMatchObject({ code: 'CLEAN_UNSAFE' })
    // A module cache makes its folders read-only.
    mkdirSync(join(dir, 'cache/deep'), { recursive: true })
    chmodSync(join(dir, 'cache'), 0o500)
    await supervisor.clean('one', { discard: true })
    expect(existsSync(dir)).toBe(false)
  })

  test('protected files stay as they are, and are not applied', async () => {
    const folder = tempRepository(FILES)
    const set = await fixture({
      folder,
      agent: (turn) => {
        repair(turn)
        writeFiles(turn.workingDir, { 'sub/c.txt': 'x' })
      },
    })
    await set.run({ ...order({ mode, apply: true }), protectedPaths: ['sub'] }, { sessionId: 'one' })
    expect(set.payloads('file.rolled-back').map((event) => event.path)).toEqual(['sub/b.txt', 'sub/c.txt'])
    expect(readdirSync(join(folder, 'sub'))).toEqual(['b.txt'])
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toContain('fixed')
  })
})

describe('a private folder', () => {
  test('is set up before the first turn, and its cleanup runs before it goes', async () => {
    const folder = tempRepository(FILES)
    const mark = join(tempFolder(), 'cleaned')
    const part = { setup: 'echo ready > ready.txt', cleanup: `cp ready.txt ${mark}` }
    const { supervisor, dir } = await onceIn(folder, part)
    expect(readFileSync(join(dir, 'ready.txt'), 'utf8')).toBe('ready\n')
    await supervisor.clean('one', { discard: true })
    expect(readFileSync(mark, 'utf8')).toBe('ready\n')
    expect(existsSync(join(folder, 'ready.txt'))).toBe(false)
  })

  test('whose setup fails ends the task with its output, and a resumed task makes it anew', async () => {
    const folder = tempRepository(FILES)
    const gate = join(tempFolder(), 'open')
    const set = await fixture({ folder, agent: repair })
    const setup = `touch half && test -e ${gate} || { echo no modules; exit 3; }`
    const failed = await set.run(order({ setup }), { sessionId: 'one' })
    expect(failed).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('no modules') as unknown,
    })
    writeFileSync(gate, '')
    expect(await set.resume('one')).toMatchObject({ outcome: 'done' })
  })

  test('of a folder without a repository is a copy, and a worktree of it is refused', async () => {
    const folder = tempFolder({ ...FILES, 'node_modules/x.js': 'x', '.env': 'secret' })
    const { report, read, dir, supervisor } = await onceIn(folder, { mode: 'clone', apply: true })
    expect(report).toMatchObject({ outcome: 'done', applied: true })
    expect(existsSync(join(dir, 'node_modules'))).toBe(false)
    expect([read('a.txt'), read('sub/b.txt'), existsSync(join(folder, '.git'))]).toEqual([
      'one\nfixed\nthree\n',
      null,
      false,
    ])
    await supervisor.clean('one', { discard: false })
    const refused = await onceIn(tempFolder(FILES), { mode: 'worktree' })
    expect(refused.report.message).toContain('--workspace clone')
  })

  test('a result that no longer fits is left for the person, and the task stays verified', async () => {
    const folder = tempRepository(FILES)
    const { report, read } = await onceIn(
      folder,
      { apply: true },
      {
        agent: (turn) => {
          repair(turn)
          writeFiles(folder, { 'a.txt': 'something else\n' })
        },
      },
    )
    expect(report).toMatchObject({ outcome: 'done', applied: false })
    expect([read('a.txt'), read('new/n.txt')]).toEqual(['something else\n', null])
  })

  test('nothing outside is copied into it', async () => {
    const folder = tempRepository(FILES)
    const outside = tempFolder({ key: 'k' })
    symlinkSync(join(outside, 'key'), join(folder, '.env'))
    for (const path of ['.env', '../']) {
      const { report } = await onceIn(folder, { copy: [path] }, { sessionId: path === '.env' ? 'env' : 'up' })
      expect(report.message).toContain('outside')
    }
  })
})
