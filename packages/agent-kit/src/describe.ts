import { realpathSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'

const MAX_TITLE_CHARACTERS = 120

/** `verb subject` in one line for a person. */
export function titleOf(verb: string, subject: string | null): string {
  if (subject === null || subject === '') return verb
  const line = subject.split('\n')[0] ?? ''
  const cut = line.length < subject.length || line.length > MAX_TITLE_CHARACTERS
  return `${verb} ${line.slice(0, MAX_TITLE_CHARACTERS)}${cut ? '…' : ''}`
}

/** A file relative to the working directory, with forward slashes; one outside keeps its absolute path. Agents name files below the real directory. */
export function relativePath(file: string, workingDir: string): string {
  if (!isAbsolute(file)) return file.split(sep).join('/')
  for (const root of [workingDir, realPath(workingDir)]) {
    const inside = relative(root, file)
    if (inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`)) return inside.split(sep).join('/')
  }
  return file
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
