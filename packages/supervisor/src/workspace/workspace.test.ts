import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gitFingerprint } from '../testing/git-fingerprint.ts'
import { tempFolder, tempRepository, userGit, writeFiles } from '../testing/temp-folder.ts'
import { restore } from './restore.ts'
import { changedFiles, fileInTree, patchBetween } from './tree-diff.ts'
import { type Workspace, openWorkspace } from './workspace.ts'

async function treeOf(workspace: Workspace): Promise<string> {
  const { tree, problems } = await workspace.snapshot()
  expect(problems).toEqual([])
  return tree
}

describe('a workspace', () => {
  test('records changed, new and deleted files and leaves the person’s repository as it was', async () => {
    const folder = tempRepository({ 'a.txt': 'one\ntwo\n', 'b.txt': 'b\n', 'sub/c.txt': 'c\n' })
    userGit(folder, 'config', 'core.hooksPath', 'hooks')
    const before = gitFingerprint(folder)
    const workspace = await openWorkspace(folder, tempFolder())
    expect(workspace).toMatchObject({ git: true, dirty: false })
    const from = await treeOf(workspace)
    writeFiles(folder, { 'a.txt': 'one\n2\n', 'new file.txt': 'n\n', 'ünï.bin': '\0\u0001' })
    rmSync(join(folder, 'b.txt'))
    const to = await treeOf(workspace)
    expect(await changedFiles(workspace, from, to)).toEqual([
      { path: 'a.txt', operation: 'modify', linesAdded: 1, linesRemoved: 1 },
      { path: 'b.txt', operation: 'delete', linesAdded: 0, linesRemoved: 1 },
      { path: 'new file.txt', operation: 'create', linesAdded: 1, linesRemoved: 0 },
      { path: 'ünï.bin', operation: 'create', linesAdded: null, linesRemoved: null },
    ])
    expect(await patchBetween(workspace, { from, to }, ['a.txt'])).toContain('-two\n+2\n')
    expect(await fileInTree(workspace, from, 'a.txt')).toBe('one\ntwo\n')
    expect(await fileInTree(workspace, to, 'b.txt')).toBeNull()
    await restore(workspace, from, null)
    expect(await treeOf(workspace)).toBe(from)
    expect(gitFingerprint(folder)).toEqual(before)
  })

  test('gives the same hash as git itself for a clean checkout', async () => {
    const folder = tempRepository({ 'a.txt': 'a\n', 'sub/b.txt': 'b\n' })
    const workspace = await openWorkspace(folder, tempFolder())
    expect(await treeOf(workspace)).toBe(userGit(folder, 'rev-parse', 'HEAD^{tree}').trim())
  })

  test('works the same in a plain folder and makes no repository there', async () => {
    const folder = tempFolder({ 'a.txt': 'a\n', 'node_modules/x/index.js': 'x' })
    const workspace = await openWorkspace(folder, tempFolder())
    expect(workspace).toMatchObject({ git: false, dirty: false })
    const from = await treeOf(workspace)
    writeFiles(folder, { 'deep/er/new.txt': 'n\n' })
    const to = await treeOf(workspace)
    expect((await changedFiles(workspace, from, to)).map((file) => file.path)).toEqual(['deep/er/new.txt'])
    expect(await restore(workspace, from, null)).toEqual(['deep/er/new.txt'])
    expect(existsSync(join(folder, 'deep'))).toBe(false)
    expect(existsSync(join(folder, 'node_modules/x/index.js'))).toBe(true)
    expect(existsSync(join(folder, '.git'))).toBe(false)
  })

  test('keeps uncommitted work and says that it was there', async () => {
    const folder = tempRepository({ 'a.txt': 'a\n' })
    writeFiles(folder, { 'a.txt': 'mine\n', 'staged.txt': 's\n' })
    userGit(folder, 'add', 'staged.txt')
    const before = gitFingerprint(folder)
    const workspace = await openWorkspace(folder, tempFolder())
    expect(workspace.dirty).toBe(true)
    const from = await treeOf(workspace)
    writeFiles(folder, { 'a.txt': 'agent\n' })
    await restore(workspace, from, ['a.txt'])
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('mine\n')
    expect(gitFingerprint(folder)).toEqual(before)
  })

  test('honours ignore files, the person’s private ones too, and still sees tracked files that match', async () => {
    const folder = tempRepository({ 'kept.log': 'tracked\n', 'a.txt': 'a\n' })
    writeFiles(folder, { '.gitignore': '*.log\n', '.git/info/exclude': 'secret/\n' })
    const workspace = await openWorkspace(folder, tempFolder())
    const from = await treeOf(workspace)
    writeFiles(folder, { 'noise.log': 'n\n', 'secret/key': 'k\n', 'kept.log': 'changed\n' })
    const changes = await changedFiles(workspace, from, await treeOf(workspace))
    expect(changes.map((file) => file.path)).toEqual(['kept.log'])
  })

  test('sees only the working directory when that is a part of a repository, with its ignore rules from above', async () => {
    const top = tempRepository({ 'outside.txt': 'o\n', '.gitignore': '/app/built/\n', 'app/a.txt': 'a\n' })
    const folder = join(top, 'app')
    const workspace = await openWorkspace(folder, tempFolder())
    const from = await treeOf(workspace)
    expect(from).toBe(userGit(top, 'rev-parse', 'HEAD:app').trim())
    writeFiles(top, { 'outside.txt': 'x\n', 'app/built/x.js': 'x\n', 'app/a.txt': 'b\n', 'app/n.txt': 'n\n' })
    const to = await treeOf(workspace)
    expect((await changedFiles(workspace, from, to)).map((file) => file.path)).toEqual(['a.txt', 'n.txt'])
    await restore(workspace, from, ['a.txt', 'n.txt'])
    expect(await treeOf(workspace)).toBe(from)
    expect(readFileSync(join(top, 'outside.txt'), 'utf8')).toBe('x\n')
  })

  test('an empty part of a repository has the empty tree', async () => {
    const top = tempRepository({ 'a.txt': 'a\n' })
    mkdirSync(join(top, 'empty'))
    const workspace = await openWorkspace(join(top, 'empty'), tempFolder())
    const from = await treeOf(workspace)
    writeFiles(top, { 'empty/new.txt': 'n\n' })
    const changes = await changedFiles(workspace, from, await treeOf(workspace))
    expect(changes.map((file) => file.path)).toEqual(['new.txt'])
  })

  test('puts bytes, modes and links back exactly, whatever attributes say', async () => {
    const folder = tempFolder({
      '.gitattributes': '* text=auto eol=crlf\n*.id ident\n',
      'win.txt': 'a\r\nb\n',
      'x.id': '$Id$\n',
      'run.sh': '#!/bin/sh\n',
    })
    chmodSync(join(folder, 'run.sh'), 0o755)
    symlinkSync('run.sh', join(folder, 'link'))
    const workspace = await openWorkspace(folder, tempFolder())
    const from = await treeOf(workspace)
    for (const path of ['win.txt', 'x.id', 'run.sh', 'link']) rmSync(join(folder, path))
    writeFileSync(join(folder, 'link'), 'a file now')
    await restore(workspace, from, null)
    expect(readFileSync(join(folder, 'win.txt'), 'latin1')).toBe('a\r\nb\n')
    expect(readFileSync(join(folder, 'x.id'), 'utf8')).toBe('$Id$\n')
    expect(statSync(join(folder, 'run.sh')).mode & 0o111).toBe(0o111)
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
  })

  test('tells which files it could not record and records the rest', async () => {
    const folder = tempFolder({ 'a.txt': 'a\n' })
    userGit(folder, 'init', '-q', 'nested')
    const workspace = await openWorkspace(folder, tempFolder())
    const { tree, problems } = await workspace.snapshot()
    expect(problems.join(' ')).toContain('nested')
    expect(await fileInTree(workspace, tree, 'a.txt')).toBe('a\n')
  })

  test('opens again after a killed run left its locks, and after a state folder inside the project', async () => {
    const folder = tempFolder({ 'a.txt': 'a\n' })
    const state = join(folder, 'state')
    mkdirSync(state)
    const from = await treeOf(await openWorkspace(folder, state))
    writeFileSync(join(state, 'workspace.git', 'index.lock'), '')
    const again = await openWorkspace(folder, state)
    expect(await treeOf(again)).toBe(from)
    expect(await fileInTree(again, from, 'a.txt')).toBe('a\n')
  })

  test('that does not exist is refused with advice', async () => {
    await expect(openWorkspace('/no/such/folder', tempFolder())).rejects.toMatchObject({
      code: 'WORKSPACE_MISSING',
    })
  })
})
