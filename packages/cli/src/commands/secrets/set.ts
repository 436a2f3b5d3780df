import { secretVariable } from '@agentproxy/kernel'
import { askLine, readInput } from '../../app/ask-line.ts'
import { untilSignal } from '../../app/until-signal.ts'
import type { Invocation } from '../../args/invocation.ts'
import { openVaultOf } from '../../auth/open-vault-of.ts'
import { secretEntry } from '../../auth/vault-names.ts'
import { CliError } from '../../errors.ts'

export interface SecretFlags {
  readonly plugin: string
  readonly name: string
  readonly json?: boolean
}

const LIMIT_MS = 300_000

/** Keeps a secret of a plugin. Its value is never an argument: those can be seen by every user of the machine. */
export async function setSecret(invocation: Invocation, flags: SecretFlags): Promise<number> {
  const { plugin, name } = checkNames(flags)
  const value = await readValue(invocation, `${plugin} ${name}: `)
  if (value === '')
    throw new CliError('USAGE', 'the secret is empty, nothing was kept', {
      hint: `Type it when asked, or pipe it in: agentproxy secrets set ${plugin} ${name} < file`,
    })
  await openVaultOf(invocation.env).set(secretEntry(plugin, name), value)
  const { out, err } = invocation.terminal
  out.write(flags.json ? `${JSON.stringify({ plugin, name, kept: true })}\n` : `${plugin} ${name}  kept\n`)
  const variable = secretVariable(plugin, name)
  if (invocation.env[variable]) err.write(`warning: ${variable} is set too; the kept secret wins\n`)
  return 0
}

async function readValue({ crashed }: Invocation, text: string): Promise<string> {
  if (!process.stdin.isTTY) return readInput()
  const wait = { what: 'setting the secret', limitMs: LIMIT_MS, crashed }
  return untilSignal(wait, (signal) => askLine({ text, hidden: true, signal }))
}

/** Names as plugins and environment variables have them. Throws `USAGE`. */
export function checkNames({ plugin, name }: SecretFlags): SecretFlags {
  const wrong = [plugin, name].find((text) => !/^[A-Za-z0-9][\w.-]*$/.test(text))
  if (wrong === undefined) return { plugin, name }
  throw new CliError(
    'USAGE',
    'a plugin or a secret has a name of letters, digits, dots, dashes and underscores',
    {
      hint: 'The value is not an argument: it is asked for, or read from standard input.',
    },
  )
}
