import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that goes with the test, holding the given files. */
export function tempFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'agentproxy-supervisor-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  writeFiles(folder, files)
  return folder
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** The same, committed to a repository as a person would have it. */
export function tempRepository(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder(files)
  userGit(folder, 'init', '-q', '-b', 'main')
  userGit(folder, 'add', '-A')
  userGit(folder, 'commit', '-q', '--allow-empty', '-m', 'first')
  return folder
}

/** Runs git as the person would. */
export function userGit(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=person', '-c', 'user.email=person@localhost']
  return execFileSync('git', [...who, ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
