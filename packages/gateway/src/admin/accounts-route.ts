import type { FastifyInstance } from 'fastify'
import type { AccountStatus } from '../accounts/account-book.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'

/** Adds `GET /accounts`, for the owner alone: how the accounts of every loaded provider are, and what is left of their quotas. */
export function addAccountsRoute(app: FastifyInstance, runtime: GatewayRuntime): void {
  app.get('/accounts', { config: { access: 'owner' } }, async () => ({ accounts: listAccounts(runtime) }))
}

/** How the accounts of every loaded provider are. No secret is in it. */
export function listAccounts({ host, accounts, env }: GatewayRuntime): readonly AccountStatus[] {
  const providers = [...host.live.providers.values()].map(({ value }) => value)
  return accounts.list(providers, env)
}
