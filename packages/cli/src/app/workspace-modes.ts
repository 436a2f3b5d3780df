import type { WorkspaceMode } from '@agentproxy/supervisor'

export type { WorkspaceMode } from '@agentproxy/supervisor'

/** Values of `--workspace`, without loading the supervisor for a help text. */
export const WORKSPACE_MODES: readonly WorkspaceMode[] = ['in-place', 'worktree', 'clone']
