import type { SandboxState } from './sandbox.ts'

/** What a sandboxed plugin used and tried, since it was loaded. */
export interface SandboxMetrics extends SandboxState {
  readonly engine: 'quickjs' | 'deno'
  /** Capabilities it asked for and was not given. */
  readonly denials: number
}
