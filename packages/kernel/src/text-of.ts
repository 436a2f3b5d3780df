/** What a thrown value says, whatever it is; never throws itself. */
export function textOf(thrown: unknown): string {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message)
    return String(thrown)
  } catch {
    return 'a value that cannot be shown'
  }
}
