import type { Lease } from './store.ts'

/** Renews the leases this process holds as long as it holds them. */
export class LeaseRenewal {
  readonly #everyMs: number
  readonly #renew: (lease: Lease) => Promise<boolean>
  readonly #held = new Map<string, Lease>()
  #timer: NodeJS.Timeout | null = null

  /** `renew` resolves to whether the lease is still ours. */
  constructor(everyMs: number, renew: (lease: Lease) => Promise<boolean>) {
    this.#everyMs = everyMs
    this.#renew = renew
  }

  add(lease: Lease): void {
    this.#held.set(lease.sessionId, lease)
    this.#timer ??= setInterval(() => this.#renewAll(), this.#everyMs).unref()
  }

  delete({ sessionId, generation }: Lease): void {
    if (this.#held.get(sessionId)?.generation === generation) this.#held.delete(sessionId)
    if (this.#held.size === 0) this.close()
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #renewAll(): void {
    for (const lease of this.#held.values()) {
      // What fails is tried again with the next round; whoever lost the lease is told when it writes.
      this.#renew(lease).then(
        (isOurs) => isOurs || this.delete(lease),
        () => {},
      )
    }
  }
}
