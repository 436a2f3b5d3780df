import type { Invocation } from '../../args/invocation.ts'
import { openVaultOf } from '../../auth/open-vault-of.ts'
import { readSecretEntry } from '../../auth/vault-names.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'

/** Names of the kept secrets, nothing else. */
export async function listSecrets({ env, terminal }: Invocation, flags: { json?: boolean }): Promise<number> {
  const secrets = (await openVaultOf(env).names()).flatMap((entry) => readSecretEntry(entry) ?? [])
  for (const { plugin, name } of secrets)
    terminal.out.write(
      flags.json ? `${JSON.stringify({ plugin, name })}\n` : `${stripEscapes(`${plugin} ${name}`)}\n`,
    )
  if (secrets.length === 0 && !flags.json)
    terminal.out.write('No secret is kept. Keep one with: agentproxy secrets set PLUGIN NAME\n')
  return 0
}
