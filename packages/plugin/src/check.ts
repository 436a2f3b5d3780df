import type { Verdict } from './check-spec.ts'

/** What a plugin's check may look at. */
export interface PluginCheckRun {
  readonly taskId: string
  readonly prompt: string
  readonly workingDir: string
  /** Relative to the working directory, since the task began. Empty before the first turn. */
  readonly filesChanged: readonly string[]
  /** The run before the first turn, which shows what was wrong already. */
  readonly baseline: boolean
  /** Aborted when it takes too long, when the task stops, and when the plugin goes. */
  readonly signal: AbortSignal
}

export interface PluginCheckVerdict {
  /** Only `pass` proves anything. */
  readonly verdict: Verdict
  /** One sentence for a person: why. */
  readonly reason: string
  /** Kept as evidence and shown to the agent. */
  readonly output?: string
}

/** A verification in code, beside commands: of every task that `applies`. */
export interface PluginCheck {
  /** Unique; shown as `plugin:name`. */
  readonly name: string
  readonly description: string
  /** Whether a task can end as done without its pass. Default true. */
  readonly required?: boolean
  /** Milliseconds; over it the verdict is `error`. Default 600000. */
  readonly timeoutMs?: number
  /** Whether the task is its affair, asked once before the first turn. Default: every task is. */
  applies?(task: {
    readonly taskId: string
    readonly prompt: string
    readonly workingDir: string
  }): boolean | PromiseLike<boolean>
  run(run: PluginCheckRun): PluginCheckVerdict | PromiseLike<PluginCheckVerdict>
}
