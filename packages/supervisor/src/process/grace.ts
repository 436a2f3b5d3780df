/** Milliseconds between SIGTERM and SIGKILL, where nobody says otherwise. */
export const GRACE_MS = 5_000
