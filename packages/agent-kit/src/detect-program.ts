import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { AgentAvailability } from '@agentproxy/plugin'
import { findProgram, type Program } from './program.ts'

const VERSION_TIMEOUT_MS = 30_000
/** A program may be replaced by one of the same size and time; after this it is asked again. */
const KEPT_MS = 3_600_000

interface Known {
  readonly version: string | null
  readonly until: number
}

const versions = new Map<string, Known>()

/** Finds the program and asks it for its version, within a time limit. The answer of the same file is kept for an hour. */
export async function detectProgram(program: Program): Promise<AgentAvailability> {
  const found = await findProgram(program)
  if (found.path === null) return { available: false, version: null, problem: found.problem }
  const { mtimeMs, size } = await stat(found.path)
  const key = `${found.path} ${mtimeMs} ${size}`
  const known = versions.get(key)
  if (known !== undefined && known.until > Date.now())
    return { available: true, version: known.version, problem: null }
  try {
    const version = await askVersion(found.path)
    versions.set(key, { version, until: Date.now() + KEPT_MS })
    return { available: true, version, problem: null }
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const problem = `${found.path} --version failed (${why}). Reinstall ${program.displayName}, or point ${program.variable} elsewhere.`
    return { available: false, version: null, problem }
  }
}

async function askVersion(path: string): Promise<string | null> {
  const { stdout } = await promisify(execFile)(path, ['--version'], {
    timeout: VERSION_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null
}
