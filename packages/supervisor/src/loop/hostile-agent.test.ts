import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fixture } from '../testing/task-fixture.ts'
import { tempFolder, tempRepository, userGit, writeFiles } from '../testing/temp-folder.ts'
import { IN_PLACE } from '../workspace/workspace-order.ts'

const FILES = { 'a.txt': 'one\n', 'keep.txt': 'keep\n' }
const worktree = { workspace: { ...IN_PLACE, mode: 'worktree' } } as const
const once = { budgets: { maxTurns: 1, maxTimeMs: 60_000 } }

describe('an agent that', () => {
  test('deletes the repository is not done, and every file can still be put back', async () => {
    const folder = tempRepository(FILES)
    const set = await fixture({
      folder,
      agent: () => {
        rmSync(join(folder, '.git'), { recursive: true })
        rmSync(join(folder, 'keep.txt'))
        writeFileSync(join(folder, 'a.txt'), 'fixed\n')
      },
    })
    const report = await set.run(once, { sessionId: 'one' })
    expect(report).toMatchObject({ outcome: 'capped' })
    expect(report.findings).toContainEqual(
      expect.objectContaining({ code: 'repository-changed', blocking: true }),
    )
    expect(await set.supervisor.diff('one')).toContain('-keep')
    await set.supervisor.rollback('one', { turn: null, discardLater: false })
    expect(readFileSync(join(folder, 'keep.txt'), 'utf8')).toBe('keep\n')
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('one\n')
  })

  test.each(['in-place', 'worktree'] as const)(
    'rewrites history and plants a hook is told of, %s, and stopped where --protect names .git',
    async (mode) => {
      const folder = tempRepository(FILES)
      const set = await fixture({
        folder,
        agent: ({ workingDir }) => {
          writeFileSync(join(workingDir, 'a.txt'), 'fixed\n')
          userGit(folder, 'commit', '-q', '--amend', '-m', 'other')
          userGit(folder, 'config', 'core.pager', 'evil')
          writeFiles(folder, { '.git/hooks/post-checkout': '#!/bin/sh\nevil\n' })
        },
      })
      const workspace = { ...IN_PLACE, mode }
      const report = await set.run({ ...once, workspace }, { sessionId: 'one' })
      expect(report.outcome).toBe('done')
      const told = report.findings.filter((finding) => finding.code === 'repository-changed')
      expect(told.map((finding) => finding.blocking)).toEqual([false, false])
      expect(told[0]?.detail).toContain('history of main was rewritten')
      expect(told[1]?.paths).toEqual(['.git/config', '.git/hooks/post-checkout'])

      userGit(folder, 'config', 'core.pager', 'less')
      const kept = await set.run({ ...once, workspace, protectedPaths: ['.git'] }, { sessionId: 'two' })
      expect(kept.outcome).toBe('capped')
    },
  )

  test('deletes the .git of its worktree, and is resumed after that, is looked at as before', async () => {
    const folder = tempRepository(FILES)
    const controller = new AbortController()
    const set = await fixture({
      folder,
      agent: ({ workingDir }) => {
        rmSync(join(workingDir, '.git'))
        rmSync(join(workingDir, 'keep.txt'), { force: true })
        if (controller.signal.aborted) writeFileSync(join(workingDir, 'a.txt'), 'fixed\n')
        else controller.abort()
      },
    })
    const stopped = await set.run(worktree, { sessionId: 'one', signal: controller.signal })
    expect(stopped.outcome).toBe('cancelled')
    const [opened] = set.payloads('workspace.opened')
    writeFileSync(join(opened?.place?.dir ?? '', '.git'), 'gitdir: /nowhere\n')
    expect(await set.resume('one')).toMatchObject({ outcome: 'done' })
    expect((await set.supervisor.apply('one', { unverified: false })).paths).toEqual(['a.txt', 'keep.txt'])
    await set.supervisor.clean('one', { discard: false })
    expect(userGit(folder, 'worktree', 'list').trim().split('\n')).toHaveLength(1)
  })

  test('asks to write outside, by dots or by a link, is refused; a hard link is told', async () => {
    const outside = tempFolder({ 'target.txt': 'outside\n', 'twin.txt': 'twin\n' })
    const folder = tempFolder(FILES)
    symlinkSync(join(outside, 'target.txt'), join(folder, 'link'))
    symlinkSync(join(outside, 'not-yet'), join(folder, 'dangling'))
    symlinkSync(outside, join(folder, 'way'))
    symlinkSync('loop', join(folder, 'loop'))
    linkSync(join(outside, 'twin.txt'), join(folder, 'twin.txt'))
    const answers: Record<string, string> = {}
    const set = await fixture({
      folder,
      agent: async (turn) => {
        for (const path of ['link', 'dangling', 'way/new', '../x', '/etc/hosts', 'a.txt']) {
          const request = { tool: 'edit', kind: 'edit', title: path, input: {}, paths: [path] } as const
          answers[path] = (await turn.requestPermission(request)).decision
        }
        const unlink = { tool: 'rm', kind: 'delete', title: 'rm', input: {}, paths: ['link'] } as const
        answers['delete link'] = (await turn.requestPermission(unlink)).decision
        writeFileSync(join(folder, 'twin.txt'), 'changed\n')
        writeFileSync(join(folder, 'a.txt'), 'fixed\n')
      },
    })
    await set.run(once)
    expect(answers).toEqual({
      link: 'deny',
      dangling: 'deny',
      'way/new': 'deny',
      '../x': 'deny',
      '/etc/hosts': 'deny',
      'a.txt': 'allow',
      'delete link': 'allow',
    })
    expect(set.payloads('notice').map((event) => event.text)).toContainEqual(
      expect.stringContaining('twin.txt'),
    )
  })

  test('leaves thousands of files and loops of links is measured and rolled back all the same', async () => {
    const folder = tempFolder(FILES)
    const set = await fixture({
      folder,
      agent: () => {
        for (let at = 0; at < 40; at++) {
          mkdirSync(join(folder, `many/${at}`), { recursive: true })
          for (let file = 0; file < 50; file++)
            writeFileSync(join(folder, `many/${at}/${file}`), `${at} ${file}`)
        }
        symlinkSync('..', join(folder, 'many/up'))
        symlinkSync('self', join(folder, 'many/self'))
        writeFileSync(join(folder, 'a.txt'), 'fixed\n')
      },
    })
    const report = await set.run(once, { sessionId: 'one' })
    expect(report.changes).toHaveLength(2003)
    await set.supervisor.rollback('one', { turn: null, discardLater: false })
    expect(existsSync(join(folder, 'many'))).toBe(false)
  })
})
