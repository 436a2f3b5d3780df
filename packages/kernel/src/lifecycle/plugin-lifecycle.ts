import { PluginError } from '@agentproxy/plugin'
import type { PluginDefinition, PluginStateChange } from '@agentproxy/plugin'
import type { ManagerEmitter } from '../events/manager-events.ts'
import type { PluginSource } from '../load/plugin-source.ts'
import type { PluginFailure } from '../snapshot/handler.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { textOf } from '../text-of.ts'
import type { Generation } from './generation.ts'
import { dependencyError, dependentsOf } from './graph.ts'
import type { HostServices } from './host-services.ts'
import { disposeFailure, openGeneration } from './open-generation.ts'
import { infoOf, noteRetired } from './plugin-record.ts'
import type { PluginRecord } from './plugin-record.ts'
import type { Registry } from './registry.ts'

/** Milliseconds a replaced generation may take to finish what it began before it is disposed. */
const DRAIN_LIMIT_MS = 5000

export interface LifecycleOptions {
  readonly registry: Registry
  readonly host: HostServices
  readonly events: ManagerEmitter
  readonly live: () => Snapshot
}

export interface LoadOptions {
  readonly config?: unknown
  /** The definition, where it was already read. */
  readonly definition?: PluginDefinition
}

/** Loads, replaces and removes plugins. Calls must not overlap. */
export class PluginLifecycle {
  readonly #registry: Registry
  readonly #host: HostServices
  readonly #events: ManagerEmitter
  readonly #live: () => Snapshot

  constructor(options: LifecycleOptions) {
    this.#registry = options.registry
    this.#host = options.host
    this.#events = options.events
    this.#live = options.live
  }

  /** Loads a plugin that does not serve yet. On failure it is remembered as failed, and the reason thrown. */
  async load(source: PluginSource, options: LoadOptions = {}): Promise<PluginRecord> {
    let record: PluginRecord | null = null
    try {
      const definition = options.definition ?? (await source.read())
      record = this.#registry.claim(definition.name, source)
      record.definition = definition
      record.config = options.config
      await this.#replace([record])
    } catch (thrown) {
      const error = pluginErrorOf(thrown)
      if (error.code !== 'PLUGIN_DUPLICATE') this.fail(record?.name ?? source.name, source, error)
      throw error
    }
    // A source that failed before it told its name was remembered under another one.
    if (source.name !== record.name && this.#registry.records.get(source.name)?.status === 'failed')
      this.#registry.records.delete(source.name)
    this.#events.emit('plugin.loaded', record.name, infoOf(record))
    this.#tell(record, 'active', null)
    return record
  }

  /** Remembers a plugin as failed, and tells. */
  fail(name: string, source: PluginSource, error: PluginError): void {
    const known = this.#registry.records.get(name)
    if (known?.status === 'active') return this.#events.emit('plugin.failed', name, error)
    const told = known?.problem?.message === error.message
    const record = this.#registry.claim(name, source)
    record.status = 'failed'
    record.problem = error
    // What fails again as it did before, with every save of some file of its own, is said once.
    if (!told)
      this.#host.log.error('a plugin failed to load', {
        plugin: name,
        code: error.code,
        reason: error.message,
      })
    this.#events.emit('plugin.failed', name, error)
    this.#tell(record, 'failed', error.message)
  }

  /** Builds a new generation of a plugin and of all that depend on it, then publishes them together, or none. */
  async reload(name: string, change: { readonly config: unknown } | null = null): Promise<PluginRecord> {
    const record = this.#registry.find(name)
    const config = change === null ? record.config : change.config
    if (record.status !== 'active') return this.load(record.source, { config })
    const before = { config: record.config, definition: record.definition }
    const affected = [record, ...this.#dependents(name)]
    try {
      record.definition = await this.#readAgain(record)
      record.config = config
      await this.#replace(affected)
    } catch (thrown) {
      Object.assign(record, before)
      const error = pluginErrorOf(thrown)
      const told = record.problem?.message === error.message
      record.problem = error
      const reason = `generation ${record.generation} keeps serving: ${error.message}`
      if (!told) this.#host.log.error('a plugin failed to reload', { plugin: name, code: error.code, reason })
      this.#events.emit('plugin.failed', name, error)
      this.#tell(record, 'failed', reason)
      throw error
    }
    for (const one of affected) {
      this.#events.emit('plugin.reloaded', one.name, infoOf(one))
      this.#tell(one, 'reloaded', null)
    }
    return record
  }

  /** Removes a plugin. Refused while others need it, unless they go too. */
  async unload(name: string, cascade: boolean): Promise<void> {
    const record = this.#registry.find(name)
    if (record.status === 'unloaded')
      throw new PluginError('PLUGIN_NOT_FOUND', `plugin ${name} is not loaded`, { plugin: name })
    const dependents = this.#dependents(name)
    if (dependents.length > 0 && !cascade)
      throw new PluginError(
        'PLUGIN_IN_USE',
        `plugin ${name} is needed by ${dependents.map((one) => one.name).join(', ')}; unload them first, or pass cascade`,
        { plugin: name },
      )
    await this.#unload([record, ...dependents])
  }

  /**
   * Forgets a plugin whose file is gone. Those that need it are taken out of service, as failed, until it is back; gives
   * their names.
   */
  async forget(name: string): Promise<readonly string[]> {
    const record = this.#registry.find(name)
    const wasLive = record.live !== null
    const dependents = wasLive ? this.#dependents(name) : []
    const why = (one: PluginRecord): PluginError => dependencyError(one.name, name, 'was removed')
    if (wasLive)
      await this.#remove([record, ...dependents], (one) =>
        one === record ? { status: 'unloaded', problem: null } : { status: 'failed', problem: why(one) },
      )
    record.status = 'unloaded'
    this.#registry.records.delete(name)
    for (const one of dependents.toReversed()) {
      const problem = why(one)
      this.#host.log.warn('a plugin is out of service', { plugin: one.name, reason: problem.message })
      this.#events.emit('plugin.failed', one.name, problem)
      this.#tell(one, 'failed', problem.message)
    }
    if (wasLive) {
      this.#events.emit('plugin.unloaded', name)
      this.#tell(record, 'unloaded', null)
    }
    return dependents.map((one) => one.name)
  }

  /**
   * Takes a plugin whose handler keeps failing, or that was ended for another reason, out of service, and those that need
   * it, unless one of them has a handler that blocks on failure.
   */
  async disable({ plugin, generation, error: cause, failuresInRow }: PluginFailure): Promise<void> {
    const record = this.#registry.records.get(plugin)
    // It may have been replaced or removed since.
    if (record?.live?.generation !== generation) return
    const leaving = [record, ...this.#dependents(plugin)]
    const guard = leaving.find(({ live }) => live?.blocksOnFailure() === true)
    if (guard !== undefined)
      return this.#host.log.error(
        'a plugin keeps failing but is not disabled, for then a guard would be gone',
        {
          plugin,
          guard: guard.name,
          failuresInRow,
        },
      )
    const streak = failuresInRow !== undefined
    const what = streak ? `its hook ${cause.hook} failed ${failuresInRow} times in a row` : cause.message
    const text = `plugin ${plugin} was disabled: ${what}, at last with: ${cause.message}; mend it and reload it`
    const error = streak
      ? new PluginError('PLUGIN_DISABLED', text, { plugin, hook: cause.hook, cause })
      : cause
    const why = (one: PluginRecord): PluginError =>
      one === record ? error : dependencyError(one.name, plugin, `was disabled: ${what}`)
    await this.#remove(leaving, (one) => ({ status: 'disabled', problem: why(one) }))
    for (const one of leaving.toReversed()) {
      const problem = why(one)
      this.#host.log.error('a plugin was disabled', { plugin: one.name, reason: problem.message })
      this.#events.emit('plugin.disabled', one.name, problem)
      this.#tell(one, 'disabled', problem.message)
    }
  }

  /** Removes all plugins, last loaded first. */
  async shutdown(): Promise<void> {
    const active = [...this.#registry.records.values()].filter((record) => record.status === 'active')
    await this.#unload(active)
  }

  async #unload(leaving: readonly PluginRecord[]): Promise<void> {
    await this.#remove(leaving, () => ({ status: 'unloaded', problem: null }))
    for (const record of leaving.toReversed()) {
      this.#events.emit('plugin.unloaded', record.name)
      this.#tell(record, 'unloaded', null)
    }
  }

  async #remove(
    leaving: readonly PluginRecord[],
    outcome: (record: PluginRecord) => Pick<PluginRecord, 'status' | 'problem'>,
  ): Promise<void> {
    const next = new Map(this.#registry.generations)
    for (const { name } of leaving) next.delete(name)
    const retired = this.#registry.swap(next)
    for (const record of leaving) Object.assign(record, outcome(record), { live: null })
    await this.#retire(retired)
  }

  /** Opens a new generation for each record, in order, and swaps them in; on failure nothing has changed. */
  async #replace(records: readonly PluginRecord[]): Promise<void> {
    const next = new Map(this.#registry.generations)
    const opened: { readonly record: PluginRecord; readonly generation: Generation }[] = []
    let retired: readonly Generation[]
    try {
      for (const record of records) {
        const { definition, config } = record
        if (definition === null) throw new Error(`plugin ${record.name} was never read`)
        const number = record.generation + 1
        const options = { definition, config, generation: number, available: next }
        const generation = await openGeneration(options, this.#host)
        opened.push({ record, generation })
        next.set(record.name, generation)
      }
      retired = this.#registry.swap(next)
    } catch (thrown) {
      for (const { generation } of opened) generation.retire()
      await this.#retire(opened.map(({ generation }) => generation))
      throw thrown
    }
    for (const { record, generation } of opened)
      Object.assign(record, {
        live: generation,
        generation: generation.generation,
        status: 'active',
        problem: null,
      })
    await this.#retire(retired)
    // Not before: a task of the old generation may still be finishing its run.
    if (!this.#host.runTasks()) return
    for (const { generation } of opened) if (generation.state === 'live') generation.startTasks()
  }

  /** Lets replaced generations finish, then disposes them, last loaded first. */
  async #retire(generations: readonly Generation[]): Promise<void> {
    for (const generation of generations.toReversed()) {
      const { plugin, activity, scope } = generation
      if (!(await activity.idle(DRAIN_LIMIT_MS)))
        this.#host.log.warn('a plugin is disposed with calls still running', {
          plugin,
          generation: generation.generation,
          running: activity.running,
        })
      for (const error of await scope.dispose()) this.#host.report(disposeFailure(generation, error))
      const record = this.#registry.records.get(plugin)
      if (record !== undefined) noteRetired(record, generation)
    }
  }

  #dependents(name: string): readonly PluginRecord[] {
    const names = dependentsOf(name, [...this.#registry.generations.values()])
    return names.map((dependent) => this.#registry.find(dependent))
  }

  async #readAgain(record: PluginRecord): Promise<PluginDefinition> {
    const definition = await record.source.read()
    if (definition.name === record.name) return definition
    throw new PluginError(
      'PLUGIN_RENAMED',
      `${record.source.origin} now holds plugin ${definition.name}, not ${record.name}; unload ${record.name} and load the file again`,
      { plugin: record.name },
    )
  }

  #tell(record: PluginRecord, state: PluginStateChange['state'], reason: string | null): void {
    const observe = this.#live().hooks['plugin.state']
    if (observe !== null) void observe({ plugin: record.name, generation: record.generation, state, reason })
  }
}

function pluginErrorOf(thrown: unknown): PluginError {
  if (PluginError.is(thrown)) return thrown
  return new PluginError('LOAD_FAILED', textOf(thrown), { cause: thrown })
}
