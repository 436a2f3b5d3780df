import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import type { AsyncHook } from 'node:async_hooks'

/** Resources that keep working by themselves until somebody ends them. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['Timeout', 'a timer'],
  ['TCPWRAP', 'a socket'],
  ['TCPSERVERWRAP', 'a listening socket'],
  ['PIPEWRAP', 'a pipe'],
  ['PIPESERVERWRAP', 'a listening pipe'],
  ['UDPWRAP', 'a UDP socket'],
  ['PROCESSWRAP', 'a child process'],
  ['FSEVENTWRAP', 'a file watcher'],
  ['STATWATCHER', 'a file watcher'],
  ['SIGNALWRAP', 'a signal listener'],
  ['WORKER', 'a worker thread'],
  ['MESSAGEPORT', 'a message port'],
  ['FILEHANDLE', 'an open file'],
])

/** Connections that fetch keeps for the whole process are nobody's leak. */
const POOL = /node:internal\/deps\/undici|[\\/]node_modules[\\/]undici[\\/]/
const OWN_FRAMES =
  /node:|[\\/]plugin-testing[\\/](src|dist)[\\/]contract[\\/]|[\\/]kernel[\\/](src|dist)[\\/]/

export interface OpenHandle {
  /** Such as `a timer`. */
  readonly what: string
  /** The line that opened it, as far as the stack tells. */
  readonly where: string
}

/** Attributes handles to the code run through it, whatever else the process does: nothing global is patched. */
export class HandleWatch implements Disposable {
  readonly #storage = new AsyncLocalStorage<true>()
  readonly #open = new Map<number, OpenHandle>()
  readonly #hook: AsyncHook

  constructor() {
    this.#hook = createHook({
      init: (id, type) => {
        const what = KINDS.get(type)
        if (what === undefined || this.#storage.getStore() === undefined) return
        const stack = stackOf()
        if (!POOL.test(stack)) this.#open.set(id, { what, where: firstOwnLine(stack) })
      },
      destroy: (id) => void this.#open.delete(id),
    }).enable()
  }

  /** Runs `work`; what it opens, now or in callbacks of its own, is watched. */
  run<T>(work: () => T): T {
    return this.#storage.run(true, work)
  }

  /** Whether this is code run through it. */
  get inside(): boolean {
    return this.#storage.getStore() !== undefined
  }

  /** What is still open after at most `graceMs` milliseconds. */
  async left(graceMs: number): Promise<readonly OpenHandle[]> {
    const end = performance.now() + graceMs
    do {
      await new Promise((resolve) => setTimeout(resolve, 10))
    } while (this.#open.size > 0 && performance.now() < end)
    return [...this.#open.values()]
  }

  [Symbol.dispose](): void {
    this.#hook.disable()
  }
}

function stackOf(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  try {
    return new Error('opened').stack ?? ''
  } finally {
    Error.stackTraceLimit = limit
  }
}

function firstOwnLine(stack: string): string {
  const line = stack
    .split('\n')
    .slice(1)
    .find((frame) => !OWN_FRAMES.test(frame))
  if (line === undefined) return 'an unknown place'
  // A file a host loads has a query that tells its generations apart.
  return line
    .trim()
    .replace(/^at /, '')
    .replace('file://', '')
    .replace(/\?generation=[^:)]*/, '')
}
