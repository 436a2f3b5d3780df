import { makeKey } from '@agentproxy/gateway'
import type { KeyLimits } from '@agentproxy/store'
import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { CliError } from '../../errors.ts'
import { keyLines } from './key-lines.ts'
import { withStore } from '../with-store.ts'

export interface CreateKeyFlags extends GlobalFlags {
  readonly name: string
  readonly models?: readonly string[]
  readonly budgetUsd?: NonNullable<KeyLimits['budgetUsd']>
  /** A day. */
  readonly tokens?: number
  readonly rpm?: number
  readonly tpm?: number
  /** Milliseconds. */
  readonly expires?: number
  readonly json?: boolean
}

/** Makes a key and prints it, the only time it can be seen. */
export function createKey(invocation: Invocation, flags: CreateKeyFlags): Promise<number> {
  const { terminal } = invocation
  const limits: KeyLimits = {
    budgetUsd: flags.budgetUsd ?? null,
    tokensPerDay: flags.tokens ?? null,
    requestsPerMinute: flags.rpm ?? null,
    tokensPerMinute: flags.tpm ?? null,
  }
  return withStore(invocation, flags, async (store) => {
    const { key, id, hash } = makeKey()
    const expiresAt = flags.expires === undefined ? null : Date.now() + flags.expires
    const { name, models = [] } = flags
    const record = await store.keys.create({ id, name, hash, models, limits, expiresAt })
    if (record === null) {
      throw new CliError('KEY_EXISTS', `there is a key named "${name}" already`, {
        hint: `Choose another name, or take that one back first: agentproxy keys revoke ${name}`,
      })
    }
    if (flags.json) {
      terminal.out.write(`${JSON.stringify({ ...record, key })}\n`)
      return 0
    }
    terminal.out.write(`${key}\n`)
    terminal.err.write(`${keyLines([record], Date.now())}This is the only time the key is shown.\n`)
    return 0
  })
}
