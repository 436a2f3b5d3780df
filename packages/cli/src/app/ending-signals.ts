/** Signals that ask a command to end: Ctrl-C, a service manager, a terminal that was closed. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
