import { PluginManager } from '@agentproxy/kernel'
import type { Store } from '@agentproxy/store'
import { createSupervisor } from '@agentproxy/supervisor'
import type { Supervisor } from '@agentproxy/supervisor'
import { SILENT_LOGGER } from './log.ts'
import { stateDirOf } from './paths.ts'
import type { Env } from './paths.ts'

/** A supervisor for what concerns a task's files alone: without plugins, and without any model. */
export function createFileSupervisor(store: Store, env: Env): Supervisor {
  return createSupervisor({
    host: new PluginManager(),
    store,
    stateDir: stateDirOf(env),
    models: { url: '', issueToken: noModel, revokeTokens: () => {} },
    log: SILENT_LOGGER,
    env,
  })
}

function noModel(): never {
  throw new Error('no model is asked here')
}
