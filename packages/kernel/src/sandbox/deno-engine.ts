import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { PluginError } from '@agentproxy/plugin'
import { withDeadline } from '../deadline.ts'
import { denoArguments } from './deno-guest.ts'
import type { EngineEvents, SandboxLimit, StartEngine } from './engine.ts'
import { findDeno } from './find-deno.ts'
import { Governor } from './governor.ts'
import { MESSAGES_PER_SECOND, RateMeter } from './rate-meter.ts'
import type { SandboxLimits } from './resources.ts'

/** Milliseconds in which the process must be up. */
const START_MS = 8000
const LEAST_HEAP_MEGABYTES = 16
/** How V8 ends a process whose heap is full. */
const OUT_OF_MEMORY = new Set<string | number | null>(['SIGTRAP', 'SIGABRT', 'SIGILL', 'SIGSEGV', 133, 134])

type DenoProcess = ChildProcessByStdio<Writable, Readable, null>

/** A Deno process without any permission, watched and killed on excess. Rejects with SANDBOX_UNSUPPORTED where it cannot be. */
export const startDeno: StartEngine = async ({ plugin, source, limits }, events) => {
  const binary = supportedBinary(plugin)
  const heap = Math.max(LEAST_HEAP_MEGABYTES, Math.floor(limits.memoryBytes / 1024 ** 2))
  // An empty environment, but for where Deno would else look for a home to keep files in.
  const env = { DENO_DIR: '/dev/null/none', NO_COLOR: '1' }
  const child = spawn(binary, denoArguments(heap), { cwd: '/', env, stdio: ['pipe', 'pipe', 'ignore'] })
  const kill = (): void => void child.kill('SIGKILL')
  // One that loops does not notice that its host has gone.
  process.once('exit', kill)
  const closed = once(child, 'close').catch(() => [])
  void closed.then(() => process.removeListener('exit', kill))
  let over = false
  let governor: Governor | null = null
  const stop = async (): Promise<void> => {
    over = true
    governor?.stop()
    kill()
    await closed
  }
  const ended = (limit: SandboxLimit, detail: string): void => {
    if (over) return
    void stop()
    events.ended(limit, detail)
  }
  let up: (() => void) | null = null
  const ready = new Promise<void>((resolve) => (up = resolve))
  readLines(child, limits, {
    ended,
    message: (line) => {
      if (over) return
      if (up === null) return events.message(line)
      up()
      up = null
    },
  })
  child.stdin.on('error', () => {})
  const failed = new Promise<never>((_resolve, reject) => {
    child.on('error', (error) => reject(unsupported(plugin, `${binary} does not start: ${error.message}`)))
    child.on('close', (code, signal) => {
      reject(unsupported(plugin, `${binary} ended at once (${signal ?? code})`))
      if (OUT_OF_MEMORY.has(signal ?? code)) ended('memory', 'it ran out of memory')
      else ended('crash', `its process ended (${signal ?? code})`)
    })
  })
  failed.catch(() => {})
  const slow = (): Error => unsupported(plugin, `${binary} was not up within ${START_MS} ms`)
  try {
    await withDeadline(Promise.race([ready, failed]), START_MS, slow)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  const { pid = 0 } = child
  governor = new Governor(pid, limits, ended)
  // A loaded plugin must not keep a program running.
  child.unref()
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as Socket).unref()
  const send = (text: string): void => void child.stdin.write(`${text}\n`)
  send(JSON.stringify(source))
  return { send, usage: () => governor?.usage ?? { memoryBytes: 0, cpuMs: 0 }, end: stop }
}

function supportedBinary(plugin: string): string {
  if (process.platform !== 'linux')
    throw unsupported(
      plugin,
      `the limits of this engine are enforced through /proc, which ${process.platform} lacks`,
    )
  const binary = findDeno()
  if (binary !== null) return binary
  throw unsupported(
    plugin,
    `there is no deno; install @deno/linux-${process.arch}-glibc, or set AGENTPROXY_DENO to the binary`,
  )
}

function unsupported(plugin: string, why: string): PluginError {
  const message = `sandboxed plugin ${plugin} cannot run in deno: ${why}; engine quickjs needs nothing`
  return new PluginError('SANDBOX_UNSUPPORTED', message, { plugin })
}

/** Cuts what the process writes into lines; whoever writes too much, or a line without end, is ended. */
function readLines(child: DenoProcess, limits: SandboxLimits, events: EngineEvents): void {
  const decoder = new StringDecoder('utf8')
  const bytes = new RateMeter(limits.outputBytes)
  const messages = new RateMeter(MESSAGES_PER_SECOND)
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    if (!bytes.take(chunk.length))
      return events.ended('output', `it sent more than ${limits.outputBytes} bytes in a second`)
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > limits.outputBytes)
      return events.ended('output', `it sent a message of more than ${limits.outputBytes} characters`)
    for (const line of lines) {
      if (!messages.take(1))
        return events.ended('output', `it sent more than ${MESSAGES_PER_SECOND} messages in a second`)
      events.message(line)
    }
  })
}
