import type { Logger, TaskOutcome } from '@agentproxy/plugin'
import type { Lease, Store } from '@agentproxy/store'
import type { LoopLimits } from '../session/limits.ts'
import { type LoggedEvent, observe } from '../session/observe.ts'
import { type SessionState, emptyState } from '../session/session-state.ts'
import type { TaskEvent, TaskState } from '../session/task-event.ts'

const PAGE = 500
/** Entries of a log between two snapshots. */
const SNAPSHOT_EVERY = 1_000
/** To be raised when `observe` comes to another state for the same log. */
const FOLD_VERSION = 1

export interface JournalOptions {
  readonly store: Store
  readonly lease: Lease
  readonly limits: LoopLimits
  readonly log: Logger
  onEvent(event: LoggedEvent): void
}

/** The task's log and its fold. One event after the other: first durable in the store, then seen by anyone. */
export class Journal {
  readonly #options: JournalOptions
  #state: SessionState
  #tail: Promise<unknown> = Promise.resolve()
  #shown: TaskState | null = null

  constructor(options: JournalOptions, state: SessionState = emptyState) {
    this.#options = options
    this.#state = state
  }

  get state(): SessionState {
    return this.#state
  }

  /** Appends one event; rejects when the store refuses it, and then so does everything after. */
  append(payload: TaskEvent): Promise<void> {
    const appended = this.#appendAfter(this.#tail, payload)
    this.#tail = appended
    // The failure is reported by whoever waits for this or a later event.
    appended.catch(() => {})
    return appended
  }

  async #appendAfter(before: Promise<unknown>, payload: TaskEvent): Promise<void> {
    await before
    const { store, lease, limits } = this.#options
    const { seq, at } = await store.events.append(lease, { type: payload.type, payload })
    this.#state = observe(this.#state, { seq, at, payload }, limits)
    this.#show({ seq, at, payload })
    if (seq % SNAPSHOT_EVERY === 0) await this.#keepSnapshot()
  }

  /** A snapshot saves time and nothing else, so a task does not end for want of one. */
  async #keepSnapshot(): Promise<void> {
    const { store, lease, limits, log } = this.#options
    const snapshot = { seq: this.#state.seq, version: foldVersion(limits), body: this.#state }
    await store.snapshots.put(lease, snapshot).catch((error: unknown) => {
      log.warn('a snapshot of the task could not be kept', { error: String(error) })
    })
  }

  /** Waits for everything appended so far. */
  async flush(): Promise<void> {
    await this.#tail
  }

  /** Logs and records the task's state when it changes. */
  async enter(state: TaskState): Promise<void> {
    if (this.#shown === state) return
    this.#shown = state
    await this.append({ type: 'task.state', state })
    await this.#options.store.sessions.update(this.#options.lease.sessionId, { state })
  }

  async end(outcome: TaskOutcome): Promise<void> {
    await this.#options.store.sessions.update(this.#options.lease.sessionId, { state: outcome, outcome })
  }

  #show(event: LoggedEvent): void {
    try {
      this.#options.onEvent(event)
    } catch (error) {
      this.#options.log.warn('a listener of task events failed', { error: String(error) })
    }
  }
}

/** Reads a session's log and folds it. */
export async function readState(store: Store, sessionId: string, limits: LoopLimits): Promise<SessionState> {
  let state = await lastSnapshot(store, sessionId, limits)
  for (;;) {
    const page = await store.events.list(sessionId, { afterSeq: state.seq, limit: PAGE })
    for (const { seq, at, payload } of page)
      state = observe(state, { seq, at, payload: payload as TaskEvent }, limits)
    if (page.length < PAGE) return state
  }
}

/** The state to go on from. Of a program that folds otherwise it is not taken, and the whole log is read. */
async function lastSnapshot(store: Store, sessionId: string, limits: LoopLimits): Promise<SessionState> {
  const snapshot = await store.snapshots.get(sessionId)
  return snapshot?.version === foldVersion(limits) ? (snapshot.body as SessionState) : emptyState
}

function foldVersion(limits: LoopLimits): string {
  return JSON.stringify([FOLD_VERSION, Object.keys(emptyState), limits])
}
