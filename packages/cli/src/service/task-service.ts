import type { Gateway, HostRoute } from '@agentproxy/gateway'
import type { Logger } from '@agentproxy/plugin'
import type { Supervisor, TaskContract } from '@agentproxy/supervisor'
import { createGatewaySupervisor } from '../app/gateway-supervisor.ts'
import type { App } from '../app/open-app.ts'
import { checkContract } from '../commands/supervise.ts'
import { loadConfig } from '../config/load-config.ts'
import type { ConfigSources } from '../config/load-config.ts'
import type { Config } from '../config/config.ts'
import { findBelowRoot } from './find-root.ts'
import { publishTask } from './publish-task.ts'
import { reconcile } from './reconcile.ts'
import { ServiceError } from './service-error.ts'
import { TaskPool } from './task-pool.ts'
import { requestedContract } from './task-request.ts'
import type { TaskRequest } from './task-request.ts'
import { taskRoutes } from './task-routes.ts'

export interface TaskServiceOptions {
  readonly app: App
  readonly config: Config
  /** Where the configuration comes from; a task's folder adds its own. */
  readonly sources: ConfigSources
  readonly log: Logger
}

/** Runs tasks that are asked for over HTTP, beside the gateway that serves their model calls. */
export class TaskService {
  readonly app: App
  readonly config: Config
  readonly routes: readonly HostRoute[]
  readonly #options: TaskServiceOptions
  readonly #pool: TaskPool
  readonly #closing = new AbortController()
  #supervisor: Supervisor | null = null
  #gateway: Gateway | null = null

  constructor(options: TaskServiceOptions) {
    this.#options = options
    this.app = options.app
    this.config = options.config
    this.routes = taskRoutes(this)
    this.#pool = new TaskPool({
      concurrency: options.config.supervisor.concurrency,
      log: options.log,
      onEvent: (taskId, event) => {
        if (this.#gateway !== null) publishTask(this.#gateway, taskId, event)
      },
    })
  }

  /** Aborted when the service ends. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get supervisor(): Supervisor {
    if (this.#supervisor !== null) return this.#supervisor
    throw new ServiceError(503, 'NOT_READY', 'The service is starting. Try again.')
  }

  /** The gateway listens: tasks may run, and those of a process that died are looked after. */
  async start(gateway: Gateway, url: string): Promise<void> {
    const { app, config, log, sources } = this.#options
    const supervisor = createGatewaySupervisor(app, { gateway, url, log, env: sources.env })
    this.#supervisor = supervisor
    this.#gateway = gateway
    const { resumeOnStart: resume } = config.supervisor
    const found = await reconcile({ store: app.store, supervisor, pool: this.#pool, resume, log })
    if (found > 0) log.info('tasks of a process that died were looked after', { tasks: found })
  }

  /** Makes a task of what was asked for and has it run when its turn comes; gives its session. */
  async submit(request: TaskRequest): Promise<string> {
    const { supervisor } = this
    const workingDir = await findBelowRoot(request.workingDir, this.config.supervisor.roots)
    const config = await loadConfig({ ...this.#options.sources, projectDir: workingDir })
    const contract = await requestedContract(request, workingDir, config)
    await this.#check(contract, config)
    if (request.session !== undefined && (await this.app.store.sessions.get(request.session)) !== null)
      throw new ServiceError(409, 'SESSION_EXISTS', `There is a session ${request.session} already.`)
    const held = await supervisor.create(contract, request.session)
    this.#pool.add(held)
    return held.sessionId
  }

  /** Goes on with a task that has ended and can be resumed. */
  async goOn(sessionId: string): Promise<void> {
    const held = await this.supervisor.take(sessionId)
    this.#pool.add(held)
  }

  /** A task that waits for its turn and was told to stop need not wait. */
  hurry(sessionId: string): void {
    this.#pool.hurry(sessionId)
  }

  /** Tasks are stopped and saved; streams of events end. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#pool.close()
  }

  async #check(contract: TaskContract, config: Config): Promise<void> {
    const { app, sources } = this.#options
    const { models: aliases, prices } = config
    await checkContract({ host: app.plugins, aliases, env: sources.env, prices }, contract)
  }
}
