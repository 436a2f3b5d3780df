import { CliError } from '../errors.ts'
import { ENDING_SIGNALS } from './ending-signals.ts'

export interface Wait {
  /** What is waited for, as in `the login`. */
  readonly what: string
  readonly limitMs: number
  /** Something failed that nobody caught. */
  readonly crashed: AbortSignal
}

/** Runs work that waits for a person: it is aborted by Ctrl-C, and when the time is up. */
export async function untilSignal<Result>(
  { what, limitMs, crashed }: Wait,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const cancel = (): void => controller.abort(new CliError('LOGIN_CANCELLED', `${what} was stopped`))
  const expire = (): void =>
    controller.abort(new CliError('LOGIN_FAILED', `${what} was not finished within ${limitMs / 60_000} min`))
  const timer = setTimeout(expire, limitMs)
  for (const signal of ENDING_SIGNALS) process.once(signal, cancel)
  crashed.addEventListener('abort', cancel, { once: true })
  if (crashed.aborted) cancel()
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    for (const signal of ENDING_SIGNALS) process.off(signal, cancel)
    crashed.removeEventListener('abort', cancel)
  }
}
