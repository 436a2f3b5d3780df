/** Runs what has one name one after another, in the order it was asked for, and everything else beside it. */
export class Lanes {
  readonly #tails = new Map<string, Promise<unknown>>()

  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name)
    const result = before === undefined ? work() : before.then(work)
    const tail: Promise<unknown> = result.catch(() => undefined).finally(() => this.#forget(name, tail))
    this.#tails.set(name, tail)
    return result
  }

  #forget(name: string, tail: Promise<unknown>): void {
    if (this.#tails.get(name) === tail) this.#tails.delete(name)
  }
}
