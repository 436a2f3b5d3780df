/** Work under way, by name: who asks for the same meanwhile waits for it instead of beginning again. */
export class SingleFlight {
  readonly #running = new Map<string, { readonly made: Promise<unknown>; isWanted: boolean }>()

  /** `keep` is given what `make` made, unless it was `forget`-ed meanwhile. */
  async run<Value>(
    id: string,
    make: () => Value | PromiseLike<Value>,
    keep: (value: Value) => void,
  ): Promise<Value> {
    const running = this.#running.get(id)
    if (running !== undefined) return (await running.made) as Value
    const flight = { made: Promise.resolve().then(make), isWanted: true }
    this.#running.set(id, flight)
    try {
      const value = await flight.made
      if (flight.isWanted) keep(value)
      return value
    } finally {
      if (this.#running.get(id) === flight) this.#running.delete(id)
    }
  }

  /** What is being made for this name is old news: it goes to who waits, and is not kept. All names without one. */
  forget(id?: string): void {
    for (const [name, flight] of this.#running) {
      if (id !== undefined && name !== id) continue
      flight.isWanted = false
      this.#running.delete(name)
    }
  }
}
