import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { systemCode, ToolError } from './tool-error.ts'

/**
 * The real path a name stands for, which lies inside `root`. The file need not exist: then its nearest existing parent
 * decides. Throws a ToolError for anything that leads outside, by `..`, by an absolute path or by a symbolic link.
 * This confines the file tools only; commands are governed by permission.
 */
export async function confine(root: string, path: string): Promise<string> {
  if (path.includes('\0')) throw new ToolError('path', 'A path cannot contain a NUL character.')
  const real = await realPathOf(resolve(root, path))
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new ToolError('path', `${path} is outside the working directory; only files inside it can be used.`)
  }
  return real
}

/** As `confine`, and refuses the working directory itself and everything of git's own. */
export async function confineForWriting(root: string, path: string): Promise<string> {
  const real = await confine(root, path)
  if (real === root) throw new ToolError('path', `${path} is the working directory, not a file.`)
  const named = [...relative(root, real).split(sep), ...path.split(/[/\\]/)]
  if (named.some((segment) => segment.toLowerCase() === '.git')) {
    throw new ToolError('path', `${path} belongs to git; files under .git cannot be written.`)
  }
  return real
}

/** A path as people and policies see it: relative to the working directory, with forward slashes. */
export function displayPath(root: string, path: string): string {
  const inside = relative(root, isAbsolute(path) ? path : resolve(root, path))
  return inside === '' ? '.' : inside.split(sep).join('/')
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ELOOP') throw new ToolError('path', `${path} is a loop of symbolic links.`, error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    await refuseDanglingLink(path)
    const parent = dirname(path)
    return parent === path ? path : join(await realPathOf(parent), basename(path))
  }
}

/** A link to a file that does not exist yet would let a write create that file, wherever it is. */
async function refuseDanglingLink(path: string): Promise<void> {
  const status = await lstat(path).catch(() => null)
  if (status?.isSymbolicLink() === true) {
    throw new ToolError('path', `${path} is a symbolic link to a file that does not exist.`)
  }
}
