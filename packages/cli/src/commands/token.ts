import { loadOwnerToken } from '@agentproxy/gateway'
import { stateDirOf } from '../app/paths.ts'
import type { Invocation } from '../args/invocation.ts'

/** Prints the token that `agentproxy serve` asks for, making one at first use. */
export async function printToken({ env, terminal }: Invocation): Promise<number> {
  const { token } = await loadOwnerToken({ stateDir: stateDirOf(env), env })
  terminal.out.write(`${token}\n`)
  return 0
}
