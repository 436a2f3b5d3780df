import type { Gateway, GatewayOptions } from '@agentproxy/gateway'
import type { Logger } from '@agentproxy/plugin'
import { createSupervisor } from '@agentproxy/supervisor'
import type { AskPerson, Supervisor } from '@agentproxy/supervisor'
import type { Config } from '../config/config.ts'
import { readVersion } from '../version.ts'
import type { App } from './open-app.ts'
import { stateDirOf } from './paths.ts'
import type { Env } from './paths.ts'

/** What a server's gateway and the one of a single task have in common, so that both count, price and route alike. */
export function gatewayBasics(
  app: App,
  { config, log, env }: { readonly config: Config; readonly log: Logger; readonly env: Env },
): Omit<GatewayOptions, 'ownerToken'> {
  return {
    host: app.plugins,
    exchanges: app.store.exchanges,
    ledger: app.store.exchanges,
    holds: app.store.holds,
    prices: config.prices,
    log,
    version: readVersion(),
    aliases: config.models,
    loss: config.routing.loss,
    routing: config.routing,
    env,
  }
}

export interface GatewaySupervisorOptions {
  /** Serves the tasks' model calls. */
  readonly gateway: Gateway
  readonly url: string
  readonly log: Logger
  readonly env: Env
  readonly askPerson?: AskPerson
}

/** A supervisor whose tasks call models through a gateway of this process. */
export function createGatewaySupervisor(
  { plugins, store }: App,
  { gateway, url, log, env, askPerson }: GatewaySupervisorOptions,
): Supervisor {
  return createSupervisor({
    host: plugins,
    store,
    stateDir: stateDirOf(env),
    models: {
      url,
      issueToken: (taskId, purpose, budget) =>
        gateway.issueTaskToken({ taskId, purpose, ...(budget !== undefined && { budget }) }),
      budgetUsedUp: (taskId) => gateway.budgetUsedUp(taskId),
      limitedUntil: (taskId) => gateway.limitedUntil(taskId),
      revokeTokens: (taskId) => gateway.revokeTaskTokens(taskId),
    },
    log,
    env,
    ...(askPerson !== undefined && { askPerson }),
  })
}
