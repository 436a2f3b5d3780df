import type { SessionEnd } from './session-state.ts'

/** How a task ended, as the person gets it. */
export interface TaskReport extends SessionEnd {
  readonly sessionId: string
  /** Whether the result is in the person's folder: worked on there, or brought back. */
  readonly applied: boolean
}

const CAPPED: Readonly<Record<string, number>> = { max_turns: 12, max_time: 13, max_cost: 14, max_tokens: 15 }

const AGENT_ENDS: readonly string[] = ['agent_errors', 'rate_limited']

/** The exit code of the command for a report: 0 only for a verified result. */
export function exitCodeFor(report: Pick<TaskReport, 'outcome' | 'reason'>): number {
  switch (report.outcome) {
    case 'done':
      return 0
    case 'unverified':
      return 20
    case 'failed':
      if (report.reason === 'internal_error') return 1
      return AGENT_ENDS.includes(report.reason) ? 17 : 10
    case 'stuck':
      return 11
    case 'capped':
      return CAPPED[report.reason] ?? 12
    case 'blocked':
      return report.reason === 'needs_input' ? 16 : 18
    case 'cancelled':
      return 130
    default:
      return report.outcome satisfies never
  }
}
