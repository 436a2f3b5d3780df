import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { AgentAvailability } from '@agentproxy/plugin'

const VERSION_TIMEOUT_MS = 15_000

export type FoundBinary =
  | { readonly path: string; readonly problem: null }
  | { readonly path: null; readonly problem: string }

/** Where Claude Code is: the variable CLAUDE_BIN, else the configured path, else `claude` on PATH. */
export async function findBinary(configured: string | null): Promise<FoundBinary> {
  const variable = process.env['CLAUDE_BIN']
  const [named, from] =
    variable !== undefined && variable !== ''
      ? [variable, 'the variable CLAUDE_BIN']
      : [configured, 'the setting "bin" of agent-claude-code']
  if (named !== null) {
    if (await isProgram(named)) return { path: resolve(named), problem: null }
    const problem = `${named}, named by ${from}, is not a program. Correct it, or remove it to use \`claude\` on PATH.`
    return { path: null, problem }
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'claude')
    if (folder !== '' && (await isProgram(path))) return { path: resolve(path), problem: null }
  }
  const problem =
    'Claude Code was not found. Install it so that `claude` is on PATH, or set CLAUDE_BIN to its program.'
  return { path: null, problem }
}

/** Finds the program and asks it for its version, within a time limit. */
export async function detectBinary(configured: string | null): Promise<AgentAvailability> {
  const found = await findBinary(configured)
  if (found.path === null) return { available: false, version: null, problem: found.problem }
  try {
    const { stdout } = await promisify(execFile)(found.path, ['--version'], {
      timeout: VERSION_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    return { available: true, version: /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null, problem: null }
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const problem = `${found.path} --version failed (${why}). Reinstall Claude Code, or point CLAUDE_BIN elsewhere.`
    return { available: false, version: null, problem }
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
