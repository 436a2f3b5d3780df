/** One rule of the contract, for one plugin. */
export interface Check {
  /** Stable, so that reports can be compared: `manifest.name`. */
  readonly id: string
  readonly title: string
  /** Resolves when the rule holds; rejects with what is wrong and what to do. */
  run(): Promise<void>
  /** Why the rule has nothing to say of this plugin; null = it has. Known once `run` has settled. */
  readonly skip: string | null
}

/** A rule before there is a plugin. */
export interface Rule<Subject> {
  readonly id: string
  readonly title: string
  run(subject: Subject): Promise<void>
}

class NotApplicable extends Error {}

/** Ends a rule that has nothing to say of this plugin, and says why. */
export function skip(why: string): never {
  throw new NotApplicable(why)
}

/** Ends a rule that does not hold. */
export function fail(what: string, cause?: unknown): never {
  throw new Error(what, cause === undefined ? undefined : { cause })
}

export function toCheck<Subject>(rule: Rule<Subject>, subject: Subject): Check {
  let skipped: string | null = null
  return {
    id: rule.id,
    title: rule.title,
    get skip() {
      return skipped
    },
    async run() {
      skipped = null
      try {
        await rule.run(subject)
      } catch (thrown) {
        if (!(thrown instanceof NotApplicable)) throw thrown
        skipped = thrown.message
      }
    },
  }
}
