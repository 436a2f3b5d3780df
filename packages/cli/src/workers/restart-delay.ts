const FIRST_MS = 100
const LONGEST_MS = 30_000

/** How long to wait before the next start when so many in a row have failed, in milliseconds. */
export function restartDelay(failures: number): number {
  return failures === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
}
