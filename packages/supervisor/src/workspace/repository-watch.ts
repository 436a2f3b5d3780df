import { createHash } from 'node:crypto'
import { lstat, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../session/task-event.ts'
import { git } from './git.ts'

/** What an agent has no business in: a person's history, settings and hooks, as they were before it came. */
export interface RepositoryPrint {
  readonly commonDir: string
  /** The branch that was checked out, or `HEAD`, and its commit; null before the first commit. */
  readonly branch: string
  readonly tip: string | null
  /** Hashes of the files that make git do things, by their path in `commonDir`. */
  readonly files: Readonly<Record<string, string>>
}

/** Takes the print of the repository around a folder; null when there is none. It is only read. */
export async function printRepository(folder: string): Promise<RepositoryPrint | null> {
  const found = await git(['rev-parse', '--path-format=absolute', '--git-common-dir'], {
    cwd: folder,
    okCodes: [0, 128],
  })
  if (found.code !== 0) return null
  const commonDir = found.stdout.toString('utf8').trim()
  const branch = await line(folder, ['symbolic-ref', '--quiet', '--short', 'HEAD'])
  const tip = await line(folder, ['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'])
  return { commonDir, branch: branch ?? 'HEAD', tip, files: await printFiles(commonDir) }
}

/** What differs from the print. Only a lost repository is in the way of done; the rest is told. */
export async function compareRepository(before: RepositoryPrint): Promise<readonly Finding[]> {
  const { commonDir, branch, tip } = before
  const at = { cwd: '/', env: { GIT_DIR: commonDir }, okCodes: [0, 1, 128] }
  if ((await git(['rev-parse', '--git-dir'], at)).code !== 0) {
    return [
      finding(
        true,
        `The repository ${commonDir} is gone or broken. A rollback brings back files, not history.`,
      ),
    ]
  }
  const findings: Finding[] = []
  if (tip !== null) {
    const ref = branch === 'HEAD' ? branch : `refs/heads/${branch}`
    const kept = await git(['merge-base', '--is-ancestor', tip, ref], at)
    const text = `The history of ${branch} was rewritten: commit ${tip.slice(0, 12)} is no longer part of it.`
    if (kept.code !== 0) findings.push(finding(false, text))
  }
  const now = await printFiles(commonDir)
  const paths = [...new Set([...Object.keys(before.files), ...Object.keys(now)])]
    .filter((path) => before.files[path] !== now[path])
    .toSorted()
  if (paths.length > 0) {
    const text =
      'Settings or hooks of the repository were changed; git acts on them by itself, so look at them.'
    findings.push({ ...finding(false, text), paths: paths.map((path) => `.git/${path}`) })
  }
  return findings
}

function finding(blocking: boolean, detail: string): Finding {
  return { code: 'repository-changed', blocking, detail, paths: [] }
}

async function printFiles(commonDir: string): Promise<Record<string, string>> {
  const hooks = await readdir(join(commonDir, 'hooks')).catch(() => [])
  const named = ['config', 'config.worktree', 'info/attributes', ...hooks.map((name) => `hooks/${name}`)]
  const files: Record<string, string> = {}
  for (const path of named.filter((name) => !name.endsWith('.sample'))) {
    const print = await printFile(join(commonDir, path))
    if (print !== null) files[path] = print
  }
  return files
}

async function printFile(file: string): Promise<string | null> {
  try {
    const { mode } = await lstat(file)
    return `${mode.toString(8)} ${createHash('sha256')
      .update(await readFile(file))
      .digest('hex')}`
  } catch {
    return null
  }
}

async function line(cwd: string, args: readonly string[]): Promise<string | null> {
  const { code, stdout } = await git(args, { cwd, okCodes: [0, 1, 128] })
  return code === 0 ? stdout.toString('utf8').trim() : null
}
