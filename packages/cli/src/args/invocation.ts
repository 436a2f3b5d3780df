import type { Env } from '../app/paths.ts'
import type { Terminal } from '../app/terminal.ts'

/** Who called, from where, with what around it. */
export interface Invocation {
  readonly bin: 'agentproxy' | 'pa'
  readonly terminal: Terminal
  readonly env: Env
  readonly cwd: string
  /** Aborted when something failed that nobody caught: stop what runs, in order, and end. */
  readonly crashed: AbortSignal
}

/** Flags that stand before or after any command. */
export interface GlobalFlags {
  readonly config?: string
  readonly verbose?: boolean
}
