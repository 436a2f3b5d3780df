import type { AgentTurnError } from '@agentproxy/plugin'

/** Why the host ended a turn before the agent did. */
export type Cut = 'interrupted' | 'idle' | 'time' | 'looping' | 'store'

/** What the agent is told: the reason of its signal. */
const WHY: Readonly<Record<Cut, string>> = {
  interrupted: 'The turn was interrupted.',
  idle: 'The agent was silent for too long.',
  time: 'The time budget of the task is used up.',
  looping: 'The same tool call gave the same result again and again.',
  store: 'The log of the task cannot be written.',
}

/** Ends a turn from outside: silence, the task's deadline, an interrupt, an agent that goes in circles. */
export class TurnLimits implements Disposable {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #idle: NodeJS.Timeout
  #deadline: NodeJS.Timeout | null
  #holds = 0
  #heldSince = 0
  #heldMs = 0
  #cut: Cut | null = null

  constructor(options: {
    readonly signal: AbortSignal
    readonly idleMs: number
    readonly remainingMs: number
  }) {
    this.#outer = options.signal
    this.#idle = setTimeout(() => this.#silent(), timer(options.idleMs))
    this.#deadline = Number.isFinite(options.remainingMs)
      ? setTimeout(() => this.#late(), timer(options.remainingMs))
      : null
    this.#outer.addEventListener('abort', this.#interrupt, { once: true })
    if (this.#outer.aborted) this.#interrupt()
  }

  /** Aborted when the turn has to end. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get cut(): Cut | null {
    return this.#cut
  }

  /** The agent gave a sign of life. */
  touch(): void {
    if (this.#cut === null) this.#idle.refresh()
  }

  /** While somebody is waited for, no time runs; until disposed of. */
  hold(): Disposable {
    if (this.#holds++ === 0) this.#heldSince = performance.now()
    return {
      [Symbol.dispose]: () => {
        if (--this.#holds === 0) this.#heldMs += performance.now() - this.#heldSince
        this.touch()
      },
    }
  }

  #silent(): void {
    if (this.#holds > 0) this.#idle.refresh()
    else this.end('idle')
  }

  // The time that was held is given back.
  #late(): void {
    const now = performance.now()
    const owedMs = this.#heldMs + (this.#holds > 0 ? now - this.#heldSince : 0)
    this.#heldMs = 0
    this.#heldSince = now
    if (owedMs < 1) return this.end('time')
    this.#deadline = setTimeout(() => this.#late(), timer(owedMs))
  }

  end(cut: Cut): void {
    if (this.#cut !== null) return
    this.#cut = cut
    this.#controller.abort(new Error(WHY[cut]))
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idle)
    if (this.#deadline !== null) clearTimeout(this.#deadline)
    this.#outer.removeEventListener('abort', this.#interrupt)
  }

  readonly #interrupt = () => this.end('interrupted')
}

/** The error of a turn that a limit ended; null for an end that is no error. */
export function cutError(cut: Cut, idleMs: number): AgentTurnError | null {
  if (cut === 'idle')
    return { code: 'idle', message: `The agent was silent for ${idleMs} ms.`, retryable: true }
  if (cut === 'time')
    return { code: 'time', message: 'The time budget of the task ended the turn.', retryable: true }
  return null
}

// Longer delays overflow and would fire at once.
function timer(ms: number): number {
  return Math.min(ms, 2 ** 31 - 1)
}
