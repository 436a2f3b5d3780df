import type { SandboxLimit } from '../engine.ts'

/** One way somebody might try to get out. The code runs within an async function of a guest that may do nothing. */
export interface Attempt {
  readonly name: string
  /** Body of an async function of `plugin` and `given`; what it returns is what it got hold of. */
  readonly code: string
  /** What it gets, as JSON, in QuickJS; another engine may give more, so long as nothing of the host's is in it. */
  readonly gets?: unknown
  /** What it is refused with. */
  readonly refused?: RegExp
  /** The limits of which it breaks one. */
  readonly limits?: readonly SandboxLimit[]
  /** Only where this engine runs. Default: both. */
  readonly only?: 'quickjs' | 'deno'
  /** It spoils its own realm: the honest call after it is made of a new one. */
  readonly spoils?: boolean
}
