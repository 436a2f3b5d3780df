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

/**
 * Where a folder `plugins` may be looked for, by the commands that do: where `agentproxy` runs. `pa` runs in repositories,
 * whose code must not get into the supervisor; there it is null.
 */
export function localPluginsOf({ bin, cwd }: Invocation): string | null {
  return bin === 'pa' ? null : cwd
}

/** Flags that stand before or after any command. */
export interface GlobalFlags {
  readonly config?: string
  readonly verbose?: boolean
}

/** What a command needs of the program it is added to. */
export interface Wiring {
  readonly invocation: Invocation
  /** Read when a command runs, not when it is added. */
  readonly flags: () => GlobalFlags
  /** Makes the command's exit code the program's. */
  readonly act: (result: Promise<number>) => Promise<void>
}
