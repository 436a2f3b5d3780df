import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { StorePlace } from '../open-store.ts'

const ROOM = fileURLToPath(new URL('../..', import.meta.url))
const TSC = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))

/** Other processes run the built package: Node 20 reads no TypeScript. Nothing is done when the build is fresh. */
export function buildStore(): void {
  execFileSync(process.execPath, [TSC, '-b', ROOM], { stdio: 'pipe' })
}

export interface StoreProcess {
  readonly pid: number
  readonly lines: AsyncIterableIterator<string>
  readonly exited: Promise<void>
  kill(): void
}

/** Runs `script` in a process of its own with `store` (open), `args` and `print(line)` at hand. */
export function startStoreProcess(
  place: StorePlace,
  script: string,
  args: readonly unknown[] = [],
): StoreProcess {
  return startBuiltProcess(`const store = await openStore(${JSON.stringify(place)})`, script, args)
}

/** Runs `open`, then `script`, in a process of its own with the built package, `args` and `print(line)` at hand. */
export function startBuiltProcess(open: string, script: string, args: readonly unknown[]): StoreProcess {
  const { file, args: words } = storeProgram(open, script, args)
  const child: ChildProcess = spawn(file, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.stdout === null || child.pid === undefined) throw new Error('the child process did not start')
  const reader = createInterface({ input: child.stdout })
  return {
    pid: child.pid,
    lines: reader[Symbol.asyncIterator](),
    exited: new Promise((resolve) => child.once('close', () => resolve())),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** How to start such a process by hand. */
export function storeProgram(
  open: string,
  script: string,
  args: readonly unknown[],
): { readonly file: string; readonly args: readonly string[] } {
  const prelude = `
    import { writeSync } from 'node:fs'
    import { openStore, openVault } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
    const print = (line) => writeSync(1, line + '\\n')
    const args = ${JSON.stringify(args)}
    ${open}
  `
  return { file: process.execPath, args: ['--input-type=module', '-e', prelude + script] }
}
