import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from '@agentproxy/store'
import type { StoreErrorCode } from '@agentproxy/store'
import type { ExchangeRecord, Store } from '@agentproxy/store'

/** A server that is away, a disk that is full, a file that is locked: all may pass. */
const PASSING: readonly StoreErrorCode[] = ['UNAVAILABLE', 'WRITE_FAILED']
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
/** Records that wait at once; beyond that memory would be next to run out. */
const MOST_WAITING = 10_000

/** Writes exchanges down as soon as the store takes them, so that an outage loses none as long as the process lives. */
export class PatientLedger implements Pick<Store['exchanges'], 'add'> {
  readonly #exchanges: Pick<Store['exchanges'], 'add'>
  readonly #closing = new AbortController()
  #waiting = 0

  constructor(exchanges: Pick<Store['exchanges'], 'add'>) {
    this.#exchanges = exchanges
  }

  /** Rejects with the store's error where waiting does not help, and where it must end. */
  async add(record: ExchangeRecord): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        // An id that is there already adds nothing, so a write that nobody knows the end of may be repeated.
        await this.#exchanges.add(record)
        return
      } catch (error) {
        if (!this.#mayPass(error)) throw error
        await this.#wait(pauseMs, error)
      }
    }
  }

  /** What still waits is tried no more. */
  close(): void {
    this.#closing.abort()
  }

  #mayPass(error: unknown): boolean {
    if (this.#closing.signal.aborted || this.#waiting >= MOST_WAITING) return false
    return StoreError.is(error) && PASSING.includes(error.code)
  }

  async #wait(pauseMs: number, error: unknown): Promise<void> {
    this.#waiting += 1
    try {
      await sleep(pauseMs, undefined, { signal: this.#closing.signal, ref: false })
    } catch {
      throw error
    } finally {
      this.#waiting -= 1
    }
  }
}
