import type { AgentExit } from '@agentproxy/plugin'
import { startChild } from './child.ts'

/** Bytes of output kept in memory for judging a check; the whole is on disk. */
const KEPT_BYTES = 1024 * 1024

/** Bytes of output a command may write unless it says otherwise. */
export const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

export interface CommandOptions {
  /** A shell command line. */
  readonly command: string
  /** `$1` and on in it. */
  readonly args?: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly marker: string
  readonly outputFile: string
  readonly timeoutMs: number
  /** Bytes of output after which it is ended. */
  readonly maxOutputBytes: number
  readonly graceMs: number
  readonly signal: AbortSignal
}

export interface CommandResult extends AgentExit {
  /** Standard output and error in the order they came, from the last mebibyte. */
  readonly output: string
  /** true: it was ended because it wrote more than it may. */
  readonly tooMuch: boolean
  readonly durationMs: number
}

/** Runs one shell command to its end, with its whole process group. Never rejects. */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const startedAt = performance.now()
  const chunks: Buffer[] = []
  let bytes = 0
  let written = 0
  const child = startChild({
    ...options,
    command: '/bin/sh',
    args: ['-c', options.command, 'sh', ...(options.args ?? [])],
    stdin: 'closed',
    stdoutFile: options.outputFile,
    stderrFile: options.outputFile,
    idleMs: null,
    onOutput(_stream, chunk) {
      chunks.push(chunk)
      bytes += chunk.length
      const within = written <= options.maxOutputBytes
      written += chunk.length
      if (within && written > options.maxOutputBytes) stop()
      while (chunks[0] !== undefined && bytes - chunks[0].length >= KEPT_BYTES)
        bytes -= chunks.shift()?.length ?? 0
    },
  })
  const stop = () => void child.stop(options.graceMs)
  if (options.signal.aborted) stop()
  options.signal.addEventListener('abort', stop, { once: true })
  const exit = await child.exit
  options.signal.removeEventListener('abort', stop)
  return {
    ...exit,
    tooMuch: written > options.maxOutputBytes,
    output: Buffer.concat(chunks).toString('utf8'),
    durationMs: Math.round(performance.now() - startedAt),
  }
}
