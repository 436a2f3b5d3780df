const STEP_LIMIT_MS = 5000

/** What must be closed, in order. Last opened, first closed; each once; one that fails or hangs never stops the rest. */
export class Cleanup {
  readonly #steps: { readonly what: string; readonly close: () => unknown; readonly limitMs: number }[] = []

  /** `limitMs`: how long it may take, in milliseconds. */
  defer(what: string, close: () => unknown, limitMs = STEP_LIMIT_MS): void {
    this.#steps.push({ what, close, limitMs })
  }

  /** Closes everything. Problems are reported, never thrown: they must not hide what the command has to say. */
  async run(report: (problem: string) => void): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done within ${step.limitMs} ms`)), step.limitMs)
      })
      try {
        await Promise.race([step.close(), late])
      } catch (error) {
        report(`closing ${step.what}: ${error instanceof Error ? error.message : String(error)}`)
      } finally {
        clearTimeout(timer)
      }
    }
  }
}
