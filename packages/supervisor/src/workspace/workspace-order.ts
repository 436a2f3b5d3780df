/**
 * `in-place`: the agent works in the person's folder. `worktree`: in a git worktree of their repository on a branch of
 * its own. `clone`: in a private copy, which shares nothing with the folder; it need not be in a repository.
 */
export type WorkspaceMode = 'in-place' | 'worktree' | 'clone'

/** Where a task's work is done, and how that place is made and left. */
export interface WorkspaceOrder {
  readonly mode: WorkspaceMode
  /** Whether uncommitted changes come along; what is not in a repository always does. */
  readonly uncommitted: boolean
  /** Shell commands run there: once it is made, and before it is removed. */
  readonly setup: string | null
  readonly cleanup: string | null
  /** Files and folders, relative to the working directory, that come along although git ignores them. */
  readonly copy: readonly string[]
  /** Whether a verified result is brought back at once. */
  readonly apply: boolean
}

export const IN_PLACE: WorkspaceOrder = Object.freeze({
  mode: 'in-place',
  uncommitted: false,
  setup: null,
  cleanup: null,
  copy: [],
  apply: false,
})
