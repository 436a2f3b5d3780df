import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { vi } from 'vitest'

// Whole commands on a machine that may be busy with other things.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Settles with the first line of standard output that satisfies; rejects if the command ends without one. */
  line(satisfies: (line: string) => boolean): Promise<string>
  readonly done: Promise<Finished>
}

interface CommandOptions {
  readonly bin?: 'pa' | 'agentproxy'
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Standard input; without it there is none. */
  readonly input?: string
}

/** A temporary home with the sample project in it, and the built commands to use there. */
export interface Bench {
  readonly home: string
  /** A copy of the sample project in a git repository. */
  readonly project: string
  /** Runs a command to its end. */
  command(args: readonly string[], options?: CommandOptions): Promise<Finished>
  start(args: readonly string[], options?: CommandOptions): Running
  write(file: string, text: string): Promise<string>
  git(...args: readonly string[]): Promise<string>
  dispose(): Promise<void>
}

export async function createBench(): Promise<Bench> {
  const main = path.join(root, 'packages/cli/dist/main.js')
  if (!existsSync(main)) throw new Error('These tests run the built commands: run `npm run build` first.')
  const home = await mkdtemp(path.join(tmpdir(), 'agentproxy-e2e-'))
  const project = path.join(home, 'project')
  await cp(path.join(root, 'examples/sample-project'), project, { recursive: true })
  const started = new Set<ChildProcess>()
  const git = async (...args: readonly string[]): Promise<string> => {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false']
    return (await run('git', [...identity, ...args], { cwd: project })).stdout
  }
  await git('init', '--quiet')
  await git('add', '.')
  await git('commit', '--quiet', '-m', 'start')
  const start = (args: readonly string[], options: CommandOptions = {}): Running => {
    const bin = path.join(root, 'packages/cli/bin', `${options.bin ?? 'pa'}.js`)
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: options.cwd ?? project,
      env: { ...environment(home), ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    child.stdin?.end(options.input)
    started.add(child)
    return follow(child)
  }
  return {
    home,
    project,
    git,
    start,
    command: (args, options) => start(args, options).done,
    async write(file, text) {
      const target = path.resolve(home, file)
      await mkdir(path.dirname(target), { recursive: true })
      await writeFile(target, text)
      return target
    },
    async dispose() {
      for (const child of started)
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Nothing of the person's own settings, and none of the test runner's. */
function environment(home: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    AGENTPROXY_HOME: path.join(home, 'state'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
  }
}

function follow(child: ChildProcess): Running {
  let stdout = ''
  let stderr = ''
  const waiting = new Set<() => void>()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const look of waiting) look()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const done = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  const line = (satisfies: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = stdout.split('\n').slice(0, -1).find(satisfies)
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      void done.then(() => reject(new Error(`ended without the awaited line:\n${stdout}\n${stderr}`)))
      look()
    })
  return { child, line, done }
}

export type Json = Readonly<Record<string, unknown>>

/** The lines of `--display json`; throws on any line that is no JSON object. */
export function jsonLines(text: string): readonly Json[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${line}`)
    return value as Json
  })
}

/** Arguments that run the sample's task with a scenario of the simulator. */
export function taskArgs(scenario: string, ...more: readonly string[]): readonly string[] {
  const model = ['--agent', 'builtin', '--model', `simulator/${scenario}`]
  return ['make the failing test pass', ...model, '--check', 'npm test', '--display', 'json', ...more]
}

/** Processes alive whose environment holds this text. */
export async function processesWith(text: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc'))
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      return environ.includes(text) ? pid : null
    }),
  )
  return found.filter((pid) => pid !== null)
}

/** Every way a stack trace shows itself. */
export const STACK_TRACE = /^\s+at .+[:(]\d+/m
