import { constants } from 'node:fs'
import { lstat, open, realpath } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { denied } from './denied.ts'

const MAX_FILE_BYTES = 1024 ** 2
const { O_RDONLY, O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

/** Reads a text file under one of the roots; throws SANDBOX_DENIED for any other. */
export async function readGuarded(path: string, roots: readonly string[]): Promise<string> {
  const target = await contained(path, { roots, what: 'read' })
  // Not blocking: to open a pipe would wait for its other end.
  return withFile(target, O_RDONLY | O_NONBLOCK, async (file, size) => {
    if (size > MAX_FILE_BYTES) throw denied(`${path} is larger than ${MAX_FILE_BYTES} bytes`)
    const buffer = Buffer.alloc(size)
    const { bytesRead } = await file.read(buffer, 0, size, 0)
    return buffer.toString('utf8', 0, bytesRead)
  })
}

/** Writes a text file under one of the roots, in place of what it held; throws SANDBOX_DENIED for any other. */
export async function writeGuarded(path: string, text: string, roots: readonly string[]): Promise<null> {
  const target = await contained(path, { roots, what: 'write' })
  if (Buffer.byteLength(text) > MAX_FILE_BYTES)
    throw denied(`a file may not be larger than ${MAX_FILE_BYTES} bytes`)
  return withFile(target, O_WRONLY | O_CREAT | O_NONBLOCK, async (file) => {
    await file.truncate(0)
    await file.write(text, 0, 'utf8')
    return null
  })
}

/** The real path of a file whose folder, links followed, lies under a root. The last name itself may not be a link. */
async function contained(
  path: string,
  { roots, what }: { readonly roots: readonly string[]; readonly what: 'read' | 'write' },
): Promise<string> {
  const refused = denied(
    `${JSON.stringify(path.slice(0, 200))} is not under a folder in permissions.fileSystem.${what}`,
  )
  const [first] = roots
  if (first === undefined || path.includes('\0')) throw refused
  const wanted = isAbsolute(path) ? resolve(path) : resolve(first, path)
  // Not even whether something exists elsewhere is told.
  const folder = await realpath(dirname(wanted)).catch(() => Promise.reject(refused))
  const target = join(folder, basename(wanted))
  for (const root of roots) {
    const real = await realpath(root).catch(() => null)
    if (real !== null && target.startsWith(real.endsWith(sep) ? real : real + sep)) return target
  }
  throw refused
}

/** Opens without following a link, and makes sure that what was opened is what was checked, whatever changed meanwhile. */
async function withFile<T>(
  target: string,
  flags: number,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const file = await open(target, flags | O_NOFOLLOW, 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ELOOP') throw denied(`${basename(target)} is a link`)
    throw new Error(`${basename(target)}: ${error.code ?? 'cannot be opened'}`)
  })
  try {
    const opened = await file.stat()
    const named = await lstat(target)
    const still = (await realpath(dirname(target))) === dirname(target)
    if (!opened.isFile() || !still || opened.ino !== named.ino || opened.dev !== named.dev)
      throw denied(`${basename(target)} is no plain file, or changed while it was opened`)
    return await use(file, opened.size)
  } finally {
    await file.close()
  }
}
