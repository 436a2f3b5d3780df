/**
 * What a translation did to one field. `dropped`: the target cannot say it. `changed`: said, but differently.
 * `emulated`: rebuilt by other means.
 */
export interface Loss {
  readonly kind: 'dropped' | 'changed' | 'emulated'
  /** Stable, kebab-case, such as `top-k-unsupported`. */
  readonly code: string
  /** JSON pointer (RFC 6901) into the source document. */
  readonly pointer: string
  /** One sentence for a person. */
  readonly detail: string
}

/** Collects losses while a document is read and written. */
export class LossReport {
  readonly #entries: Loss[] = []

  add(kind: Loss['kind'], code: string, pointer: string, detail: string): void {
    this.#entries.push({ kind, code, pointer, detail })
  }

  get entries(): readonly Loss[] {
    return this.#entries
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }
}
