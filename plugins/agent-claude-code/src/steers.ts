import { randomUUID } from 'node:crypto'

/** What a person said while Claude Code works. It takes it in after the running tool and says so under our name for it. */
export class Steers {
  readonly #write: (text: string, uuid: string) => boolean
  readonly #waiting = new Set<string>()
  #closed = false

  constructor(write: (text: string, uuid: string) => boolean) {
    this.#write = write
  }

  /** false: too late for this turn. */
  send(text: string): boolean {
    if (this.#closed) return false
    const uuid = randomUUID()
    if (!this.#write(text, uuid)) return false
    this.#waiting.add(uuid)
    return true
  }

  seen(uuid: string, state: string): void {
    if (state !== 'queued') this.#waiting.delete(uuid)
  }

  /** Nothing more is taken. true: something sent was not taken in yet. */
  close(): boolean {
    this.#closed = true
    return this.#waiting.size > 0
  }
}
