import { spawn } from 'node:child_process'
import { SupervisorError } from '../supervisor-error.ts'

export interface GitOptions {
  readonly cwd: string
  /** Added to the neutral environment, such as `GIT_DIR`. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  /** Exit codes that are an answer, not a failure. Default only 0. */
  readonly okCodes?: readonly number[]
}

export interface GitResult {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

// No configuration of the system or the person, no hooks, no monitor, no rewriting of line ends: the same bytes in and out.
const NEUTRAL: readonly string[] = [
  'core.autocrlf=false',
  'core.safecrlf=false',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.hooksPath=/dev/null',
  'core.excludesFile=/dev/null',
  'core.attributesFile=/dev/null',
  'core.quotePath=false',
  'core.fileMode=true',
  'core.splitIndex=false',
  'core.sparseCheckout=false',
  'advice.addEmbeddedRepo=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'safe.directory=*',
].flatMap((setting) => ['-c', setting])

/** Runs git with exactly these arguments. Throws `GIT_MISSING`, or `GIT_FAILED` for an unexpected exit code. */
export async function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const result = await run(args, options)
  if ((options.okCodes ?? [0]).includes(result.code)) return result
  const detail = result.stderr.trim().slice(-2000)
  throw new SupervisorError(
    'GIT_FAILED',
    `git ${args[0]} failed in ${options.cwd} with exit code ${result.code}: ${detail}`,
  )
}

function run(args: readonly string[], options: GitOptions): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...NEUTRAL, ...args], {
      cwd: options.cwd,
      env: environment(options.env),
      stdio: 'pipe',
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    // git may end before it has read all its input; its exit code tells.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input)
    child.once('error', (error: NodeJS.ErrnoException) => reject(startFailure(error, options.cwd)))
    child.once('close', (code) => {
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString('utf8'),
      })
    })
  })
}

function startFailure(error: NodeJS.ErrnoException, cwd: string): SupervisorError {
  if (error.code === 'ENOENT') {
    return new SupervisorError(
      'GIT_MISSING',
      `git could not be started in ${cwd}. Install git 2.30 or newer and put it on PATH.`,
      error,
    )
  }
  return new SupervisorError('GIT_FAILED', `git could not be started in ${cwd}: ${error.message}`, error)
}

function environment(added: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: process.env['HOME'] ?? '/',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    ...added,
  }
}
