import type { Invocation } from '../../args/invocation.ts'
import { openVaultOf } from '../../auth/open-vault-of.ts'
import { secretEntry } from '../../auth/vault-names.ts'
import { checkNames } from './set.ts'
import type { SecretFlags } from './set.ts'

/** Deletes a kept secret. Exit code 1 where there was none. */
export async function deleteSecret({ env, terminal }: Invocation, flags: SecretFlags): Promise<number> {
  const { plugin, name } = checkNames(flags)
  const deleted = await openVaultOf(env).delete(secretEntry(plugin, name))
  const words = deleted ? 'deleted' : 'was not kept'
  terminal.out.write(
    flags.json ? `${JSON.stringify({ plugin, name, deleted })}\n` : `${plugin} ${name}  ${words}\n`,
  )
  return deleted ? 0 : 1
}
