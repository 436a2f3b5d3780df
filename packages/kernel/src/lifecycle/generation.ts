import type { PluginDefinition } from '@agentproxy/plugin'
import type { HealthProbe } from '../health/health-probe.ts'
import { contributionsOf } from '../snapshot/contribution.ts'
import type { Contribution, Contributor, NamedContribution } from '../snapshot/contribution.ts'
import type { ScheduledTask } from '../tasks/scheduled-task.ts'
import { Activity } from './activity.ts'
import type { GraphNode } from './graph.ts'
import { Scope } from './scope.ts'

/** `setup`: being built beside the live one. `retired`: replaced, finishing what it began. */
export type GenerationState = 'setup' | 'live' | 'retired'

export interface GenerationOptions {
  readonly definition: PluginDefinition
  readonly generation: number
  /** Validated. */
  readonly config: unknown
}

/** One load of one plugin: what it added, and what must be undone when it goes. */
export class Generation implements Contributor, GraphNode {
  readonly plugin: string
  readonly generation: number
  readonly definition: PluginDefinition
  readonly config: unknown
  readonly dependencies: readonly string[]
  readonly scope: Scope
  readonly activity = new Activity()
  readonly contributions = new Set<Contribution>()
  state: GenerationState = 'setup'
  /** What `setup` returned. */
  service: unknown = undefined
  /** Milliseconds `setup` took. */
  setupMs = 0
  #runsTasks = false

  constructor(options: GenerationOptions) {
    this.definition = options.definition
    this.plugin = options.definition.name
    this.generation = options.generation
    this.config = options.config
    this.dependencies = dependencyNames(options.definition)
    this.scope = new Scope(`plugin ${this.plugin} (generation ${this.generation})`)
  }

  get name(): string {
    return this.plugin
  }

  get signal(): AbortSignal {
    return this.scope.signal
  }

  /** The tools it adds, by full name. */
  tools(): readonly NamedContribution<'tool'>[] {
    return contributionsOf('tool', this.contributions)
  }

  tasks(): readonly ScheduledTask[] {
    return contributionsOf('task', this.contributions).map(({ value }) => value)
  }

  /** Its health check, if it has one. */
  probe(): HealthProbe | null {
    return contributionsOf('health', this.contributions)[0]?.value ?? null
  }

  /** Whether something is refused when one of its handlers fails. */
  blocksOnFailure(): boolean {
    return [...this.contributions].some((added) => added.kind === 'hook' && added.options.onError === 'block')
  }

  /** Whether tasks run; those added later start at once. */
  get runsTasks(): boolean {
    return this.#runsTasks
  }

  startTasks(): void {
    this.#runsTasks = true
    for (const task of this.tasks()) task.start()
  }

  /** From now on it only finishes what it began. */
  retire(): void {
    this.state = 'retired'
    this.stopTasks()
  }

  /** For good: those under way are aborted. */
  stopTasks(): void {
    this.#runsTasks = false
    for (const task of this.tasks()) task.stop()
  }
}

/** The plugins a definition needs, each once. */
export function dependencyNames(definition: PluginDefinition): readonly string[] {
  const names = (definition.dependencies ?? []).map((one) => (typeof one === 'string' ? one : one.name))
  return [...new Set(names)]
}
