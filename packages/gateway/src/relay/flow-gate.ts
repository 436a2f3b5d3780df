/** What pauses and resumes the upstream's bytes. */
export interface Flow {
  pause(): void
  resume(): void
}

/** Holds a flow while anyone needs it held: a client that reads slowly, a handler that has not answered yet. */
export class FlowGate {
  readonly #flow: Flow
  readonly #holders = new Set<'client' | 'hook'>()

  constructor(flow: Flow) {
    this.#flow = flow
  }

  hold(holder: 'client' | 'hook'): void {
    this.#holders.add(holder)
    this.#flow.pause()
  }

  release(holder: 'client' | 'hook'): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#flow.resume()
  }
}
