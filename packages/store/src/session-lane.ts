/** Writes of one session are in order. */
export function sessionLane(sessionId: string): string {
  return `session ${sessionId}`
}
