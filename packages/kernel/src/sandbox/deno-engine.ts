import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { PluginError } from '@agentproxy/plugin'
import { withDeadline } from '../deadline.ts'
import { textOf } from '../text-of.ts'
import { denoArguments } from './deno-guest.ts'
import type { Engine, EngineEvents, EngineUsage, SandboxLimit, StartEngine } from './engine.ts'
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
  const guest = new DenoGuest(spawnDeno(binary, limits), limits, events)
  try {
    await withDeadline(guest.up, START_MS, notUp)
    guest.watch()
  } catch (thrown) {
    await guest.end()
    throw unsupported(plugin, `${binary} does not start: ${textOf(thrown)}`)
  }
  guest.send(JSON.stringify(source))
  return guest
}

function spawnDeno(binary: string, limits: SandboxLimits): DenoProcess {
  const heap = Math.max(LEAST_HEAP_MEGABYTES, Math.floor(limits.memoryBytes / 1024 ** 2))
  // An empty environment, but for where Deno would else look for a home to keep files in.
  const env = { DENO_DIR: '/dev/null/none', NO_COLOR: '1' }
  return spawn(binary, denoArguments(heap), { cwd: '/', env, stdio: ['pipe', 'pipe', 'ignore'] })
}

class DenoGuest implements Engine {
  /** Settles when the process is ready for its source, or cannot be. */
  readonly up: Promise<void>
  readonly #child: DenoProcess
  readonly #limits: SandboxLimits
  readonly #events: EngineEvents
  readonly #closed: Promise<unknown>
  readonly #messages = new RateMeter(MESSAGES_PER_SECOND)
  #governor: Governor | null = null
  #isUp = false
  #over = false

  constructor(child: DenoProcess, limits: SandboxLimits, events: EngineEvents) {
    this.#child = child
    this.#limits = limits
    this.#events = events
    // One that loops does not notice that its host has gone.
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    this.#closed = new Promise<void>((resolve) => {
      const gone = (): void => {
        process.removeListener('exit', kill)
        resolve()
      }
      child.once('close', gone)
      child.once('error', gone)
    })
    child.stdin.on('error', () => {})
    this.up = this.#listen()
    this.up.catch(() => {})
  }

  send(text: string): void {
    this.#child.stdin.write(`${text}\n`)
  }

  ask(text: string): void {
    this.#messages.allow(1)
    this.send(text)
  }

  usage(): EngineUsage {
    return this.#governor?.usage ?? { memoryBytes: 0, cpuMs: 0 }
  }

  async end(): Promise<void> {
    this.#over = true
    this.#governor?.stop()
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  /** From here on its limits count, and it keeps no program running. */
  watch(): void {
    const child = this.#child
    this.#governor = new Governor(child.pid ?? 0, this.#limits, (limit, detail) => this.#ended(limit, detail))
    child.unref()
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as Socket).unref()
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', (code, signal) => {
        const how = signal ?? code
        reject(new Error(`it ended at once (${how})`))
        if (OUT_OF_MEMORY.has(how)) this.#ended('memory', 'it ran out of memory')
        else this.#ended('crash', `its process ended (${how})`)
      })
      readLines(this.#child, this.#limits, {
        counted: () => this.#messages.take(1),
        ended: (limit, detail) => this.#ended(limit, detail),
        message: (line) => {
          if (this.#over) return
          if (this.#isUp) return this.#events.message(line)
          this.#isUp = true
          resolve()
        },
      })
    })
  }

  #ended(limit: SandboxLimit, detail: string): void {
    if (this.#over) return
    void this.end()
    this.#events.ended(limit, detail)
  }
}

const notUp = (): Error => new Error(`it was not up within ${START_MS} ms`)

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

interface LineEvents extends EngineEvents {
  /** Counts a message; false = it was one too many. */
  counted(): boolean
}

/** Cuts what the process writes into lines; whoever writes too much, or a line without end, is ended. */
function readLines(child: DenoProcess, limits: SandboxLimits, events: LineEvents): void {
  const decoder = new StringDecoder('utf8')
  const bytes = new RateMeter(limits.outputBytes)
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    if (!bytes.take(chunk.length))
      return events.ended('output', `it sent more than ${limits.outputBytes} bytes in a second`)
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > limits.outputBytes)
      return events.ended('output', `it sent a message of more than ${limits.outputBytes} characters`)
    for (const line of lines) {
      if (!events.counted())
        return events.ended('output', `it sent more than ${MESSAGES_PER_SECOND} messages in a second`)
      events.message(line)
    }
  })
}
