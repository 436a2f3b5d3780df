import { spawn } from 'node:child_process'

export interface GitOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  /** Exit codes that are an answer. Default only 0. */
  readonly okCodes?: readonly number[]
}

/** Runs git without the person's hooks and without optional locks; resolves with its output. */
export async function git(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { cwd, input, okCodes = [0] } = options
  // A repository named by the environment, as inside a git hook, is not the one of the folder.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  const env = { ...Object.fromEntries(inherited), GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C', ...options.env }
  const neutral = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false']
  const child = spawn('git', [...neutral, ...args], { cwd, env, stdio: 'pipe' })
  const output: Buffer[] = []
  const problems: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => problems.push(chunk))
  // git may end before it has read all its input; its exit code tells.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit) => resolve(exit ?? 128))
  })
  if (okCodes.includes(code)) return Buffer.concat(output)
  throw new Error(`git ${args[0]} ended with ${code}: ${Buffer.concat(problems).toString('utf8').trim()}`)
}

/** The same as one trimmed line of text. */
export async function gitLine(args: readonly string[], options: GitOptions): Promise<string> {
  return (await git(args, options)).toString('utf8').trim()
}
