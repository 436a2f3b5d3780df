import { startBuiltProcess } from './store-process.ts'
import type { StoreProcess } from './store-process.ts'

/** Runs `script` in a process of its own with `vault`, `args` and `print(line)` at hand. */
export function startVaultProcess(dir: string, script: string, args: readonly unknown[] = []): StoreProcess {
  return startBuiltProcess(`const vault = openVault({ dir: ${JSON.stringify(dir)} })`, script, args)
}
