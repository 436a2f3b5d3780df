import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { createHeadAndTail } from './head-and-tail.ts'
import { defineTool, type ToolOutcome, type ToolRoom } from './tool.ts'

const HEAD_BYTES = 8 * 1024
const TAIL_BYTES = 24 * 1024
const MAX_TIMEOUT_MS = 600_000
const KILL_GRACE_MS = 2000
/** How long output is awaited after the end: a process that left the group may hold the pipe open for ever. */
const DRAIN_MS = 500
const MAX_TITLE_CHARACTERS = 120

export const runCommand = defineTool({
  name: 'run_command',
  description:
    'Run a shell command (sh -c) in the working directory, without standard input. Returns standard output and error together and the exit code; of a long output the beginning and the end. What it leaves running in the background is ended when it returns.',
  input: z.strictObject({
    command: z.string().min(1),
    timeout_ms: z.int().min(1).max(MAX_TIMEOUT_MS).optional().describe('Milliseconds it may take'),
  }),
  kind: 'execute',
  asks: true,
  title: ({ command }) => `run ${firstLine(command)}`,
  paths: () => [],
  run: ({ command, timeout_ms }, room) => run(command, timeout_ms ?? room.commandTimeoutMs, room),
})

function firstLine(command: string): string {
  const line = command.split('\n')[0] ?? ''
  const cut = line.length < command.length || line.length > MAX_TITLE_CHARACTERS
  return line.slice(0, MAX_TITLE_CHARACTERS) + (cut ? '…' : '')
}

async function run(command: string, timeoutMs: number, room: ToolRoom): Promise<ToolOutcome> {
  room.signal.throwIfAborted()
  const output = createHeadAndTail(HEAD_BYTES, TAIL_BYTES)
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: room.root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const closed = new Promise<void>((settle) => child.once('close', () => settle()))
  const limit = AbortSignal.timeout(timeoutMs)
  const ended = await waitForExit(child, AbortSignal.any([limit, room.signal]))
  killGroup(child, 'SIGKILL')
  await Promise.race([closed, delay(DRAIN_MS, undefined, { ref: false })])
  child.stdout.destroy()
  child.stderr.destroy()
  return describe(ended, output.text(), {
    timedOutMs: limit.aborted && !room.signal.aborted ? timeoutMs : null,
    cancelled: room.signal.aborted,
  })
}

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  /** Whether the signal to stop came before the end. */
  readonly stopped: boolean
}

/** SIGTERM to the whole group when `stop` fires, SIGKILL a little later. Throws when the shell cannot be started. */
async function waitForExit(child: ChildProcess, stop: AbortSignal): Promise<Ended> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const onStop = () => {
    stopped = true
    killGroup(child, 'SIGTERM')
    timer = setTimeout(() => killGroup(child, 'SIGKILL'), KILL_GRACE_MS)
  }
  try {
    return await new Promise<Ended>((settle, fail) => {
      child.once('error', fail)
      child.once('exit', (code, signal) => settle({ code, signal, stopped }))
      if (stop.aborted) onStop()
      else stop.addEventListener('abort', onStop, { once: true })
    })
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', onStop)
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has ended already.
  }
}

function describe(
  ended: Ended,
  output: string,
  why: { timedOutMs: number | null; cancelled: boolean },
): ToolOutcome {
  const text = output === '' ? '(no output)' : output.trimEnd()
  if (ended.stopped) {
    const reason = why.cancelled ? 'the turn was cancelled' : `it took longer than ${why.timedOutMs} ms`
    return { ok: false, output: `${text}\n[stopped: ${reason}]` }
  }
  if (ended.code === null) return { ok: false, output: `${text}\n[ended by ${ended.signal}]` }
  return { ok: ended.code === 0, output: `${text}\n[exit code ${ended.code}]` }
}
