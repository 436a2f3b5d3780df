import type { HookName } from './hooks.ts'

/** What a sandboxed plugin may touch. Whatever is left out is closed. Shown for every plugin, enforced in a sandbox. */
export interface PluginPermissions {
  /** Folders it may read or write text files in, with all below them. */
  readonly fileSystem?: false | { readonly read?: readonly string[]; readonly write?: readonly string[] }
  /** Hosts it may fetch from: `host` (the default port of http or https) or `host:port`. */
  readonly network?: false | readonly string[]
  /** Events it may hear and emit. */
  readonly events?: false | readonly string[]
  /** Tools it may add whose names do not begin with its own name and a dot. */
  readonly tools?: readonly string[]
  /**
   * Hooks it may change the outcome of: `modify` on a transform, an answer on a `first`. On all others it may look, and
   * block where a block is possible. `around` hooks cannot cross into a sandbox.
   */
  readonly hooks?: readonly HookName[]
}
