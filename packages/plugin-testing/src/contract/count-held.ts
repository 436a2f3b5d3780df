import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const ROUNDS = 3
let collect: (() => void) | null = null

/**
 * How many of these are still held once the garbage is collected, in a process started with or without `--expose-gc`.
 * Further rounds, which cost, are made only while more than `enough` are.
 */
export async function countHeld(references: readonly WeakRef<object>[], enough: number): Promise<number> {
  if (collect === null) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  let held = references.length
  for (let round = 0; round < ROUNDS && held > enough; round += 1) {
    // A weak reference that was looked at holds its target until the current job has ended.
    await new Promise((resolve) => setTimeout(resolve, 5))
    collect()
    held = references.filter((reference) => reference.deref() !== undefined).length
  }
  return held
}
