import { setMaxListeners } from 'node:events'
import { PluginError } from '@agentproxy/plugin'
import { isThenable, withDeadline } from '../deadline.ts'

type Dispose = () => unknown

/** Everything one generation of a plugin must undo when it goes. */
export class Scope {
  readonly #owner: string
  readonly #disposers = new Set<{ readonly dispose: Dispose }>()
  readonly #controller = new AbortController()
  #disposal: Promise<readonly unknown[]> | null = null

  constructor(owner: string) {
    this.#owner = owner
    // Each call under way listens, and takes itself off when it is over: many at once are no leak to warn of.
    setMaxListeners(0, this.signal)
  }

  /** Aborted as disposal begins. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get disposed(): boolean {
    return this.#disposal !== null
  }

  /**
   * Runs `dispose` when the scope ends, last added first; at once if it has ended. The undo takes it off the list
   * without running it.
   */
  add(dispose: Dispose): Disposable {
    if (this.disposed) {
      void runDisposer(dispose, DISPOSER_LIMIT_MS)
      return { [Symbol.dispose]: () => {} }
    }
    const entry = { dispose }
    this.#disposers.add(entry)
    return { [Symbol.dispose]: () => void this.#disposers.delete(entry) }
  }

  /** Ends the scope and resolves with what its disposers threw. Asked again, it gives the same answer. */
  dispose(limitMs = DISPOSER_LIMIT_MS): Promise<readonly unknown[]> {
    this.#disposal ??= this.#unwind(limitMs)
    return this.#disposal
  }

  async #unwind(limitMs: number): Promise<readonly unknown[]> {
    // Off the caller's stack, so that `disposed` is already true for whatever the abort wakes.
    await Promise.resolve()
    this.#controller.abort(new PluginError('DISPOSED', `${this.#owner} was unloaded`))
    const errors: unknown[] = []
    for (const entry of [...this.#disposers].toReversed()) {
      if (this.#disposers.delete(entry)) errors.push(...(await runDisposer(entry.dispose, limitMs)))
    }
    return errors
  }
}

/** Milliseconds one disposer may take; the others run whatever it does. */
const DISPOSER_LIMIT_MS = 5000

async function runDisposer(dispose: Dispose, limitMs: number): Promise<readonly unknown[]> {
  try {
    const pending = dispose()
    if (isThenable(pending))
      await withDeadline(pending, limitMs, () => new Error(`clean-up took longer than ${limitMs} ms`))
    return []
  } catch (error) {
    return [error]
  }
}
