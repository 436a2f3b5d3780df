import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | null = null

/** Lets go of everything nobody holds, in a process started with or without `--expose-gc`. */
export async function collectGarbage(): Promise<void> {
  if (collect === null) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  for (let round = 0; round < 3; round += 1) {
    // A weak reference holds its target until the current job has ended.
    await new Promise((resolve) => setTimeout(resolve, 5))
    collect()
  }
}
