import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'

export type Confined =
  | { readonly ok: true; readonly file: string }
  | { readonly ok: false; readonly missing: boolean; readonly problem: string }

/** The real path of something in a folder (`dir` is a real path itself). A link that leads out is outside. */
export async function confine(dir: string, path: string): Promise<Confined> {
  const file = await realpath(resolve(dir, path)).catch((error: NodeJS.ErrnoException) => error)
  if (file instanceof Error) {
    const missing = file.code === 'ENOENT' || file.code === 'ENOTDIR'
    return {
      ok: false,
      missing,
      problem: missing ? `there is no ${path}` : `${path} cannot be read: ${file.message}`,
    }
  }
  const inside = relative(dir, file)
  if (inside.startsWith('..') || isAbsolute(inside))
    return { ok: false, missing: false, problem: `${path} is outside the working directory` }
  return { ok: true, file }
}
