import { PluginError } from '@agentproxy/plugin'
import { withDeadline } from '../deadline.ts'
import type { Engine, EngineUsage, SandboxLimit, StartEngine } from './engine.ts'
import { readGuestMessage } from './guest-message.ts'
import type { Declaration, GuestMessage } from './guest-message.ts'
import type { SandboxLimits } from './resources.ts'

/** How often a guest may go over a limit: the second time it is ended for good. */
const MAX_VIOLATIONS = 2
/** Milliseconds more than the limit that the host waits for the engine to end a call by itself. */
const GRACE_MS = 250
/** Milliseconds a guest that waits for something may take to answer a ping. */
const PONG_MS = 1000
/** Milliseconds more than the limit that the host waits for a setup to end, or to be ended by its engine. */
const SETUP_GRACE_MS = 2000
/** Longer messages for a guest are refused before they are made part of its memory. */
const MAX_INPUT_CHARS = 4 * 1024 ** 2

export interface SandboxOptions {
  readonly plugin: string
  readonly source: string
  readonly config: unknown
  readonly limits: SandboxLimits
  readonly startEngine: StartEngine
  /** What the guest sent that is no answer of its own. */
  readonly told: (message: GuestMessage, reply: (text: string) => void) => void
  /** Told once, when the guest was ended for good. */
  readonly stopped: (error: PluginError) => void
}

export interface SandboxState extends EngineUsage {
  readonly violations: number
  readonly restarts: number
  /** The limits it went over, oldest first. */
  readonly limits: readonly SandboxLimit[]
}

interface PendingCall {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** One guest over its lives: it is started, called, ended when it goes over a limit, and started anew by the next call. */
export class Sandbox {
  readonly #options: SandboxOptions
  readonly #calls = new Map<number, PendingCall>()
  readonly #pings = new Map<number, () => void>()
  readonly #broken: SandboxLimit[] = []
  #life: Promise<Engine> | null = null
  #engine: Engine | null = null
  #starts = 0
  #lastId = 0
  #spent: EngineUsage = { cpuMs: 0, memoryBytes: 0 }
  #declarations: readonly Declaration[] | null = null
  #ready: { resolve(found: readonly Declaration[]): void; reject(error: Error): void } | null = null
  #over: PluginError | null = null

  constructor(options: SandboxOptions) {
    this.#options = options
  }

  get state(): SandboxState {
    const now = this.#engine?.usage() ?? { cpuMs: 0, memoryBytes: 0 }
    return {
      cpuMs: this.#spent.cpuMs + now.cpuMs,
      memoryBytes: now.memoryBytes,
      violations: this.#broken.length,
      restarts: Math.max(0, this.#starts - 1),
      limits: [...this.#broken],
    }
  }

  /** Runs the source and gives what it declared. */
  async open(): Promise<readonly Declaration[]> {
    await this.#alive()
    return this.#declarations ?? []
  }

  /** Calls the guest's handler of that number. Rejects with what it threw, or SANDBOX_LIMIT. */
  async call(handler: number, value: unknown, context: unknown = null): Promise<unknown> {
    const id = (this.#lastId += 1)
    const text = JSON.stringify({ op: 'call', id, handler, value, context })
    if (text.length > MAX_INPUT_CHARS)
      throw this.#error(
        'SANDBOX_LIMIT',
        `was not called: ${text.length} characters are too many to hand to it`,
      )
    const engine = await this.#alive()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => void this.#late(id, engine), this.#options.limits.timeoutMs + GRACE_MS)
      const settle = (): void => {
        clearTimeout(timer)
        this.#calls.delete(id)
      }
      this.#calls.set(id, {
        resolve: (answer) => {
          settle()
          resolve(answer)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      })
      engine.ask(text)
    })
  }

  /** Ends the guest for good. */
  async close(reason: PluginError = this.#error('DISPOSED', 'was unloaded')): Promise<void> {
    this.#over ??= reason
    await this.#end(reason)
  }

  #alive(): Promise<Engine> {
    if (this.#over !== null) return Promise.reject(this.#over)
    if (this.#life === null) {
      const life = this.#start()
      this.#life = life
      life.catch(() => {
        if (this.#life === life) this.#life = null
      })
    }
    return this.#life
  }

  async #start(): Promise<Engine> {
    const { plugin, source, limits, config, startEngine } = this.#options
    this.#starts += 1
    const life = this.#starts
    const current = (): boolean => this.#starts === life && this.#over === null
    const declared = new Promise<readonly Declaration[]>(
      (resolve, reject) => (this.#ready = { resolve, reject }),
    )
    declared.catch(() => {})
    const engine = await startEngine(
      { plugin, source, limits },
      {
        message: (text) => {
          if (current()) this.#hear(text)
        },
        ended: (limit, detail) => {
          if (current()) this.violated(limit, detail)
        },
      },
    )
    // It may have been closed, or have gone over a limit, in the meantime.
    if (!current() || this.#ready === null) {
      await engine.end()
      throw this.#over ?? this.#error('SANDBOX_LIMIT', 'was ended while it started')
    }
    this.#engine = engine
    engine.ask(JSON.stringify({ name: plugin, config }))
    const slow = (): void => this.violated('time', `its setup took longer than ${limits.setupMs} ms`)
    const timer = setTimeout(slow, limits.setupMs + SETUP_GRACE_MS)
    try {
      this.#accept(await declared)
    } catch (thrown) {
      if (this.#engine === engine) await this.#end(thrown as Error)
      throw thrown
    } finally {
      clearTimeout(timer)
    }
    return engine
  }

  /** The handlers of a later life must be those of the first, for those are what the host knows by number. */
  #accept(declarations: readonly Declaration[]): void {
    const known = this.#declarations
    this.#declarations ??= declarations
    if (known !== null && JSON.stringify(known) !== JSON.stringify(declarations))
      throw this.#error('SANDBOX_DENIED', 'was started anew and declared other things than before')
  }

  #hear(text: string): void {
    const message = readGuestMessage(text)
    if (message === null) return this.violated('protocol', 'it sent a message no guest sends')
    switch (message.op) {
      case 'ready':
        if (this.#ready === null) return this.violated('protocol', 'it declared itself twice')
        this.#ready.resolve(message.declarations)
        this.#ready = null
        return
      case 'failed':
        if (isOutOfMemory(message.error)) return this.violated('memory', 'it ran out of memory')
        return this.#ready?.reject(this.#failure(message.error))
      case 'pong':
        this.#pings.get(message.id)?.()
        return
      case 'result': {
        // An answer nobody waits for: late, or made up. It can reach no call but one of this guest's own.
        const call = this.#calls.get(message.id)
        if (message.ok) return call?.resolve(message.value)
        if (isOutOfMemory(message.error)) return this.violated('memory', 'it ran out of memory')
        return call?.reject(this.#failure(message.error))
      }
      default: {
        const engine = this.#engine
        this.#options.told(message, (reply) => {
          if (this.#engine === engine) engine?.send(reply)
        })
      }
    }
  }

  /** A call is over its time: a guest that answers a ping waits for something; one that does not is stuck. */
  async #late(id: number, engine: Engine): Promise<void> {
    const { timeoutMs } = this.#options.limits
    const ping = (this.#lastId += 1)
    const pong = new Promise<void>((resolve) => this.#pings.set(ping, resolve))
    engine.ask(JSON.stringify({ op: 'ping', id: ping }))
    const answered = await withDeadline(pong, PONG_MS, () => new Error('no answer')).then(
      () => true,
      () => false,
    )
    this.#pings.delete(ping)
    const call = this.#calls.get(id)
    if (call === undefined) return
    if (answered) call.reject(this.#error('SANDBOX_LIMIT', `took longer than ${timeoutMs} ms for a call`))
    else if (this.#engine === engine) this.violated('time', `it was busy for more than ${timeoutMs} ms`)
  }

  /** Counts a broken limit and ends the guest; the next call starts it anew, unless this was once too often. */
  violated(limit: SandboxLimit, detail: string): void {
    if (this.#over !== null) return
    this.#broken.push(limit)
    const final = this.#broken.length >= MAX_VIOLATIONS
    const next = final
      ? `it was ended for good, for it went over ${MAX_VIOLATIONS} limits (${this.#broken.join(', ')}); mend it and reload it`
      : 'it is started anew by the next call'
    const error = this.#error('SANDBOX_LIMIT', `went over its ${limit} limit: ${detail}; ${next}`)
    if (final) this.#over = error
    void this.#end(error)
    if (final) this.#options.stopped(error)
  }

  async #end(reason: Error): Promise<void> {
    const engine = this.#engine
    this.#engine = null
    this.#life = null
    // What a former life still says is not heard.
    const { cpuMs } = engine?.usage() ?? { cpuMs: 0 }
    this.#spent = { cpuMs: this.#spent.cpuMs + cpuMs, memoryBytes: 0 }
    this.#ready?.reject(reason)
    this.#ready = null
    for (const call of Array.from(this.#calls.values())) call.reject(reason)
    await engine?.end()
  }

  #failure({ name, message }: { readonly name: string; readonly message: string }): Error {
    const failure = new Error(message)
    failure.name = name
    return failure
  }

  #error(code: 'SANDBOX_LIMIT' | 'SANDBOX_DENIED' | 'DISPOSED', what: string): PluginError {
    const { plugin } = this.#options
    return new PluginError(code, `sandboxed plugin ${plugin} ${what}`, { plugin })
  }
}

function isOutOfMemory({ name, message }: { readonly name: string; readonly message: string }): boolean {
  return name === 'InternalError' && message === 'out of memory'
}
