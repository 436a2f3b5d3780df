import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from './git.ts'

/** The person's own repository around the working directory. It is only read. */
export interface UserRepository {
  readonly topLevel: string
  /** Where its objects and shared files are. */
  readonly commonDir: string
  readonly objectFormat: string
  /** The working directory within it, with forward slashes, `''` for the top. */
  readonly prefix: string
  /** Uncommitted changes under the working directory. */
  readonly dirty: boolean
  /** The person's private ignore rules. */
  readonly exclude: string
  /** Entries of its index under the working directory, as `git update-index --index-info` reads them. */
  readonly indexEntries: Buffer
}

/** Finds the repository; null when there is none, or when it ignores the working directory. */
export async function findUserRepository(
  workingDir: string,
  ceiling?: string,
): Promise<UserRepository | null> {
  const found = await git(
    [
      'rev-parse',
      '--path-format=absolute',
      '--show-toplevel',
      '--git-common-dir',
      '--show-object-format',
      '--show-prefix',
    ],
    {
      cwd: workingDir,
      okCodes: [0, 128],
      ...(ceiling !== undefined && { env: { GIT_CEILING_DIRECTORIES: ceiling } }),
    },
  )
  if (found.code !== 0) return null
  const [topLevel, commonDir, objectFormat, prefix] = found.stdout.toString('utf8').split('\n')
  if (topLevel === undefined || commonDir === undefined || objectFormat === undefined) return null
  const ignored = await git(['check-ignore', '-q', '.'], { cwd: workingDir, okCodes: [0, 1, 128] })
  if (ignored.code === 0) return null
  const status = await git(['status', '--porcelain', '-z', '--', '.'], { cwd: workingDir })
  const entries = await git(['ls-files', '-s', '-z', '--full-name'], { cwd: workingDir })
  return {
    topLevel,
    commonDir,
    objectFormat,
    prefix: (prefix ?? '').replace(/\/$/, ''),
    dirty: status.stdout.length > 0,
    exclude: await readFile(join(commonDir, 'info', 'exclude'), 'utf8').catch(() => ''),
    indexEntries: entries.stdout,
  }
}
