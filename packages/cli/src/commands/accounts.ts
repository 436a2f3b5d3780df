import { loadOwnerToken } from '@agentproxy/gateway'
import type { AccountStatus } from '@agentproxy/gateway'
import { stateDirOf } from '../app/paths.ts'
import { findServer, readFromServer } from '../app/running-server.ts'
import type { Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { CliError } from '../errors.ts'

const NUMBER = new Intl.NumberFormat('en-US')

/** How the accounts of the gateway that runs are: keys, calls under way, quotas, and which models they rest for. */
export async function showAccounts(
  { env, terminal }: Invocation,
  flags: { readonly json?: boolean },
): Promise<number> {
  const stateDir = stateDirOf(env)
  const server = await findServer(stateDir)
  if (server === null) {
    throw new CliError(
      'SERVER_MISSING',
      'no server runs; accounts are what a server knows of its upstreams',
      {
        hint: 'Start one with: agentproxy serve',
      },
    )
  }
  const { token } = await loadOwnerToken({ stateDir, env })
  const answer = (await readFromServer(server, { token, target: '/accounts' })) as {
    readonly accounts: readonly AccountStatus[]
  }
  for (const account of answer.accounts)
    terminal.out.write(flags.json ? `${JSON.stringify(account)}\n` : accountLine(account))
  return 0
}

function accountLine({ provider, label, hasKey, inFlight, quotas, models }: AccountStatus): string {
  const facts = [
    ...(hasKey ? [] : ['no key']),
    ...(inFlight > 0 ? [`${inFlight} under way`] : []),
    ...quotas.map((quota) => quotaText(quota)),
    ...models.map(({ model, state, until }) => `${model} ${state} until ${new Date(until).toISOString()}`),
  ]
  return stripEscapes(`${provider}/${label}  ${facts.join('; ') || 'ready'}`) + '\n'
}

function quotaText({ of, limit, remaining, resetAt }: AccountStatus['quotas'][number]): string {
  const left = remaining === null ? '?' : NUMBER.format(remaining)
  const all = limit === null ? '' : ` of ${NUMBER.format(limit)}`
  const reset = resetAt === null ? '' : `, whole again ${new Date(resetAt).toISOString()}`
  return `${left}${all} ${of} left${reset}`
}
