type Listener = (text: string) => Promise<boolean>

/** Carries what a person says to the agent of the turn that runs. */
export class Steering {
  #listener: Listener | null = null

  /** Resolves with false when no turn runs, its agent cannot be steered, or it came too late: keep it for the next turn. */
  async send(text: string): Promise<boolean> {
    // A listener that throws did not take it.
    return (await this.#listener?.(text).catch(() => false)) ?? false
  }

  listen(listener: Listener): Disposable {
    this.#listener = listener
    return {
      [Symbol.dispose]: () => {
        if (this.#listener === listener) this.#listener = null
      },
    }
  }
}
