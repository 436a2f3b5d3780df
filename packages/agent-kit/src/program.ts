import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'

/** A command line that an agent plugin drives. */
export interface Program {
  /** For people, as `Claude Code`. */
  readonly displayName: string
  /** Looked for on PATH. */
  readonly command: string
  /** The environment variable that names another; it goes first. */
  readonly variable: string
  /** The path from the plugin's configuration, and where it stands there; null = none is set. */
  readonly configured: string | null
  /** The setting `configured` comes from, as `"bin" of agent-claude-code`. */
  readonly setting: string
}

export type FoundProgram =
  | { readonly path: string; readonly problem: null }
  | { readonly path: null; readonly problem: string }

/** Where the program is: the variable, else the configured path, else its name on PATH. */
export async function findProgram(program: Program): Promise<FoundProgram> {
  const { displayName, command, variable, configured, setting } = program
  const fromVariable = process.env[variable] ?? ''
  const [named, from] =
    fromVariable === '' ? [configured, `the setting ${setting}`] : [fromVariable, `the variable ${variable}`]
  if (named !== null) {
    const onPath = named.includes('/') ? named : await findOnPath(named)
    if (onPath !== null && (await isExecutable(onPath))) return { path: resolve(onPath), problem: null }
    const problem = `${named}, named by ${from}, is not a program. Correct it, or remove it to use \`${command}\` on PATH.`
    return { path: null, problem }
  }
  const path = await findOnPath(command)
  if (path !== null) return { path: resolve(path), problem: null }
  const problem = `${displayName} was not found. Install it so that \`${command}\` is on PATH, or set ${variable} to its program.`
  return { path: null, problem }
}

async function findOnPath(name: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (folder !== '' && (await isExecutable(path))) return path
  }
  return null
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
