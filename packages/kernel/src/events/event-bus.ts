import { isThenable } from '../deadline.ts'

export type Listener = (event: unknown) => unknown

/** One subscription. `hears` tells whether its plugin is live; `failed` is told what the listener threw. */
export interface Subscription {
  readonly listener: Listener
  hears(): boolean
  failed(event: string, thrown: unknown): void
}

/** The bus all plugins share. A failing listener never reaches the emitter or another listener. */
export class EventBus {
  readonly #subscriptions = new Map<string, Set<Subscription>>()

  /** Subscriptions there are, for status. */
  get size(): number {
    let size = 0
    for (const subscriptions of this.#subscriptions.values()) size += subscriptions.size
    return size
  }

  add(event: string, subscription: Subscription): void {
    const subscriptions = this.#subscriptions.get(event) ?? new Set()
    subscriptions.add(subscription)
    this.#subscriptions.set(event, subscriptions)
  }

  remove(event: string, subscription: Subscription): void {
    const subscriptions = this.#subscriptions.get(event)
    subscriptions?.delete(subscription)
    if (subscriptions?.size === 0) this.#subscriptions.delete(event)
  }

  emit(event: string, payload: unknown): void {
    // A copy: a listener may subscribe or end a subscription.
    for (const subscription of Array.from(this.#subscriptions.get(event) ?? [])) {
      if (!subscription.hears()) continue
      try {
        const pending = subscription.listener(payload)
        if (isThenable(pending))
          void Promise.resolve(pending).catch((thrown: unknown) => subscription.failed(event, thrown))
      } catch (thrown) {
        subscription.failed(event, thrown)
      }
    }
  }
}
