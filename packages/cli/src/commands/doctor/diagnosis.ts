/** What a look at one thing showed. */
export interface Diagnosis {
  /** `warn`: something may be missing that is not needed. */
  readonly status: 'ok' | 'warn' | 'fail'
  readonly subject: string
  readonly message: string
  /** What to do; null = nothing. */
  readonly hint: string | null
}

export function fine(subject: string, message: string): Diagnosis {
  return { status: 'ok', subject, message, hint: null }
}

export function odd(subject: string, message: string, hint: string | null = null): Diagnosis {
  return { status: 'warn', subject, message, hint }
}

export function bad(subject: string, message: string, hint: string | null = null): Diagnosis {
  return { status: 'fail', subject, message, hint }
}
