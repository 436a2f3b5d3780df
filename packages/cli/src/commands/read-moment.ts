import { parseMoment } from '@agentproxy/gateway'
import { CliError } from '../errors.ts'

/** The moment a flag names, milliseconds since 1970; null if it was not given. Throws `USAGE`. */
export function readMoment(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const moment = parseMoment(text, Date.now())
  if (moment !== null) return moment
  throw new CliError(
    'USAGE',
    `${flag} ${text}: expected a date such as 2026-11-21, or a span such as 7d or 12h`,
  )
}
