import type { PluginHost } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import type { Store } from '@agentproxy/store'
import type { Environment } from '../process/environment.ts'
import type { LoopLimits } from '../session/limits.ts'
import type { LoggedEvent } from '../session/observe.ts'
import type { AskPerson, ModelAccess } from './task-run.ts'

export interface SupervisorOptions {
  readonly host: PluginHost
  readonly store: Store
  /** Folder of the product's state; each session has its own folder in it. */
  readonly stateDir: string
  readonly models: ModelAccess
  readonly log: Logger
  /** The environment of which agents and checks get the allow-listed part. */
  readonly env: Environment
  /** Milliseconds between SIGTERM and SIGKILL. Default 5000. */
  readonly graceMs?: number
  readonly limits?: Partial<LoopLimits>
  /** How a person is asked; without it nobody can be. */
  readonly askPerson?: AskPerson
}

export interface RunOptions {
  /** Of a new task. Default: a random one. */
  readonly sessionId?: string
  /** Aborting it stops the agent and ends the task as cancelled, to be resumed. */
  readonly signal: AbortSignal
  /** Whether somebody looks on who can answer, at a terminal or through a service. Default false. */
  readonly attended?: boolean
  onEvent(event: LoggedEvent): void
}
