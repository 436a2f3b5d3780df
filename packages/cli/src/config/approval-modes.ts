/** What `--approve` and `permissions.approve` take. */
export const APPROVAL_MODES = ['ask', 'auto', 'deny'] as const
