import { CAPACITY, EventRing } from './event-ring.ts'

/** Where events are written and read: in this process, or shared by several. */
export interface EventLog {
  publish(type: string, data: unknown): void
  /** The ring to read from, kept up to date until `leave`. Rejects if it cannot be had. */
  enter(): Promise<EventRing>
  leave(): void
}

/** The events of one process alone. */
export class LocalEvents implements EventLog {
  readonly #ring = new EventRing({ capacity: CAPACITY, startId: Date.now() * 1_000 })

  publish(type: string, data: unknown): void {
    this.#ring.publish(type, data)
  }

  enter(): Promise<EventRing> {
    return Promise.resolve(this.#ring)
  }

  leave(): void {}
}
