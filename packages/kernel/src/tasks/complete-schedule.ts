import { PluginError } from '@agentproxy/plugin'
import type { TaskSchedule } from '@agentproxy/plugin'
import { Cron } from 'croner'
import { textOf } from '../text-of.ts'

const DEFAULT_TIMEOUT_MS = 60_000
/** Milliseconds a wait may grow to by failures, unless the interval itself is longer. */
const BACK_OFF_LIMIT_MS = 3_600_000
/** What a cron task waits at least after its first failure, in milliseconds. */
const BACK_OFF_MS = 1000
/** The longest wait a timer can hold. */
export const LONGEST_WAIT_MS = 2_147_483_647

/** A schedule, checked and with its defaults. */
export interface CompleteSchedule {
  /** For people. */
  readonly text: string
  readonly jitterMs: number
  readonly skipInitialRun: boolean
  readonly timeoutMs: number
  /** When to run next after `now`, and after so many failures in a row; milliseconds since 1970, null = never. */
  readonly next: (failuresInRow: number, now: number) => number | null
}

/** Throws PLUGIN_INVALID for a schedule that cannot be kept; `what` names the task. */
export function completeSchedule(schedule: TaskSchedule, what: string): CompleteSchedule {
  const { jitterMs = 0, timeoutMs = DEFAULT_TIMEOUT_MS } = schedule
  requireWait(what, { timeoutMs }, 1)
  requireWait(what, { jitterMs }, 0)
  const common = { jitterMs, timeoutMs }
  if (schedule.cron !== undefined) {
    const { cron: pattern, timeZone, skipInitialRun = true } = schedule
    const cron = readCron(pattern, timeZone, what)
    return {
      ...common,
      text: timeZone === undefined ? pattern : `${pattern} (${timeZone})`,
      skipInitialRun,
      next: (failures, now) => {
        const pause = failures === 0 ? 0 : Math.min(BACK_OFF_MS * 2 ** failures, BACK_OFF_LIMIT_MS)
        return cron.nextRun(new Date(now + pause))?.getTime() ?? null
      },
    }
  }
  const { everyMs, skipInitialRun = false } = schedule
  requireWait(what, { everyMs }, 1)
  return {
    ...common,
    text: `every ${everyMs} ms`,
    skipInitialRun,
    next: (failures, now) => now + Math.max(everyMs, Math.min(everyMs * 2 ** failures, BACK_OFF_LIMIT_MS)),
  }
}

function readCron(pattern: string, timeZone: string | undefined, what: string): Cron {
  try {
    const cron = new Cron(pattern, { paused: true, ...(timeZone !== undefined && { timezone: timeZone }) })
    // The time zone is looked at only when a time is asked for.
    cron.nextRun()
    return cron
  } catch (thrown) {
    throw new PluginError('PLUGIN_INVALID', `${what}: ${JSON.stringify(pattern)}: ${textOf(thrown)}`, {
      cause: thrown,
    })
  }
}

function requireWait(what: string, field: Readonly<Record<string, number>>, least: number): void {
  for (const [name, value] of Object.entries(field))
    if (!(value >= least && value <= LONGEST_WAIT_MS))
      throw new PluginError(
        'PLUGIN_INVALID',
        `${what}: ${name} is ${String(value)}; it must be from ${least} to ${LONGEST_WAIT_MS} milliseconds`,
      )
}
