import type { CheckResult, TaskOutcome } from '@agentproxy/plugin'
import type { UsageTotals } from '@agentproxy/store'
import type { ChangedFile, Finding, LoggedEvent, WorkspaceMode } from '@agentproxy/supervisor'

export const DISPLAY_MODES = ['rich', 'simple', 'json', 'quiet'] as const
export type DisplayMode = (typeof DISPLAY_MODES)[number]

/** How a task ended, with what it cost and what proves it. */
export interface FinalReport {
  readonly sessionId: string
  readonly outcome: TaskOutcome
  readonly reason: string
  readonly message: string
  readonly exitCode: number
  readonly turns: number
  readonly durationMs: number
  readonly changes: readonly ChangedFile[]
  readonly findings: readonly Finding[]
  /** The latest result of each check. */
  readonly checks: readonly CheckResult[]
  readonly usage: UsageTotals
  readonly workspace: WorkspaceMode
  /** Whether the result is in the person's folder. */
  readonly applied: boolean
}

/** Shows a task to whoever started it. Only displays write to standard output while a task runs. */
export interface Display {
  event(event: LoggedEvent): void
  /** Something that is not part of the task's story, such as a plugin that failed to load. */
  aside(text: string): void
  report(report: FinalReport): void
  /** Ends what the display keeps going; safe to call twice. */
  close(): void
}

/** Where a display writes. */
export interface Output {
  write(text: string): void
  readonly isTty: boolean
  readonly columns: number
  /** Settles when more can be written without piling up in memory. Absent: always. */
  drained?(): Promise<void>
}
