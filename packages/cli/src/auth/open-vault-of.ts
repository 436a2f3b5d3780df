import path from 'node:path'
import { openVault } from '@agentproxy/store'
import type { Vault } from '@agentproxy/store'
import { stateDirOf } from '../app/paths.ts'
import type { Env } from '../app/paths.ts'

/** The vault of this installation. No file is touched before its first use. */
export function openVaultOf(env: Env): Vault {
  return openVault({ dir: path.join(stateDirOf(env), 'vault') })
}
