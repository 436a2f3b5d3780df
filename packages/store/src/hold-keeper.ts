/** Keeps what this process put aside from expiring, and gives back later what could not be given back at once. */
export class HoldKeeper {
  readonly #everyMs: number
  readonly #renew: () => Promise<void>
  readonly #open = new Set<string>()
  readonly #unsettled = new Map<string, () => Promise<void>>()
  #timer: NodeJS.Timeout | null = null

  constructor(everyMs: number, renew: () => Promise<void>) {
    this.#everyMs = everyMs
    this.#renew = renew
  }

  add(id: string): void {
    this.#open.add(id)
    this.#timer ??= setInterval(() => void this.#tick(), this.#everyMs).unref()
  }

  /** Once, however often it is called. */
  async settle(id: string, work: () => Promise<void>): Promise<void> {
    if (!this.#open.delete(id)) return
    try {
      await work()
    } catch {
      // It counts as held until then.
      this.#unsettled.set(id, work)
    }
    this.#rest()
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  async #tick(): Promise<void> {
    try {
      for (const [id, work] of this.#unsettled) {
        await work()
        this.#unsettled.delete(id)
      }
      await this.#renew()
    } catch {
      // The next round tries again.
    }
    this.#rest()
  }

  #rest(): void {
    if (this.#open.size === 0 && this.#unsettled.size === 0) this.close()
  }
}
