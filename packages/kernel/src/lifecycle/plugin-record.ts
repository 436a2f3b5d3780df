import type {
  HookName,
  HookOptions,
  JsonSchema,
  MiddlewareLayer,
  PluginDefinition,
  PluginError,
  PluginPermissions,
} from '@agentproxy/plugin'
import { schemaDocument } from '../config/schema-document.ts'
import type { PluginSource } from '../load/plugin-source.ts'
import { contributionsOf } from '../snapshot/contribution.ts'
import type { HookContribution, NamedKind } from '../snapshot/contribution.ts'
import type { AnyTool } from '../snapshot/snapshot.ts'
import type { TaskStatus } from '../tasks/scheduled-task.ts'
import { dependencyNames } from './generation.ts'
import type { Generation } from './generation.ts'

/** `disabled`: taken out of service because its handlers kept failing, or because of one it needs; a reload tries again. */
export type PluginStatus = 'active' | 'failed' | 'disabled' | 'unloaded'

/** How often a plugin was called and failed, over all its generations. */
export interface PluginCounters {
  /** Handlers, listeners and clean-ups that failed. */
  failures: number
  toolCalls: number
  toolErrors: number
}

/** Everything the host remembers of one plugin, loaded or not. */
export interface PluginRecord {
  readonly name: string
  source: PluginSource
  /** As configured, not validated. */
  config: unknown
  status: PluginStatus
  definition: PluginDefinition | null
  /** The one that serves. */
  live: Generation | null
  /** Number of the newest generation that was published. */
  generation: number
  /** Why it failed to load, why its last reload was refused, or why it is disabled. */
  problem: PluginError | null
  /** Generations that were replaced or unloaded, as far as memory still holds them. */
  readonly retired: WeakRef<Generation>[]
  readonly counters: PluginCounters
}

/** A hook handler as status pages show it. */
export interface HandlerInfo extends Required<Omit<HookOptions, 'needsBody' | 'needsAnswer'>> {
  readonly hook: HookName
}

/** A plugin as status pages show it. */
export interface PluginInfo {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly kind: 'system' | 'provider' | 'agent'
  readonly status: PluginStatus
  /** 0 = never loaded. */
  readonly generation: number
  /** Where it comes from: a file, a package, `definition`, `class` or `bundled`. */
  readonly origin: string
  readonly dependencies: readonly string[]
  /** What it says it needs; enforced where it is sandboxed. null = it does not say. */
  readonly permissions: PluginPermissions | null
  /** Why it is failed or disabled, or why its last reload kept the old generation; null = nothing wrong. */
  readonly reason: string | null
  readonly code: PluginError['code'] | null
  readonly hooks: readonly HookName[]
  /** Every handler, with how it was added. */
  readonly handlers: readonly HandlerInfo[]
  /** Where its routes are. */
  readonly prefix: string
  readonly tools: readonly string[]
  readonly providers: readonly string[]
  readonly agents: readonly string[]
  /** As `GET /cache/stats`. */
  readonly routes: readonly string[]
  /** The layers it has middleware in. */
  readonly middleware: readonly MiddlewareLayer[]
  readonly oauth: readonly string[]
  readonly commands: readonly string[]
  readonly checks: readonly string[]
  readonly reasoners: readonly string[]
  readonly tasks: readonly TaskStatus[]
  readonly counters: Readonly<PluginCounters>
  /** Former generations still in memory: some wait for garbage collection; a number that only grows is a leak. */
  readonly retainedGenerations: number
  /** Milliseconds the `setup` of the generation that serves took; null = none serves. */
  readonly setupMs: number | null
  /** What its section of the configuration may hold, as JSON Schema; null if it takes none, or its schema cannot say. */
  getConfigSchema(): JsonSchema | null
  getTools(): Readonly<Record<string, AnyTool>>
  getService(): unknown
  /** Its configuration, validated if it serves, else as configured. There may be secrets in it. */
  getConfig(): unknown
  /** As it was last read; null = it could not be. */
  getDefinition(): PluginDefinition | null
}

export function createRecord(name: string, source: PluginSource): PluginRecord {
  return {
    name,
    source,
    config: undefined,
    status: 'unloaded',
    definition: null,
    live: null,
    generation: 0,
    problem: null,
    retired: [],
    counters: { failures: 0, toolCalls: 0, toolErrors: 0 },
  }
}

export function infoOf(record: PluginRecord): PluginInfo {
  const { definition, live } = record
  const added = [...(live?.contributions ?? [])]
  const handlers = added.flatMap((one) => (one.kind === 'hook' ? [handlerInfo(one)] : []))
  const names = (kind: NamedKind): readonly string[] => contributionsOf(kind, added).map(({ name }) => name)
  return {
    name: record.name,
    version: definition?.version ?? '',
    description: definition?.description ?? '',
    kind: definition?.kind ?? 'system',
    status: record.status,
    generation: record.generation,
    origin: record.source.origin,
    dependencies: definition === null ? [] : dependencyNames(definition),
    permissions: definition?.permissions ?? null,
    reason: record.problem?.message ?? null,
    code: record.problem?.code ?? null,
    hooks: [...new Set(handlers.map(({ hook }) => hook))],
    handlers,
    prefix: definition?.prefix ?? `/${record.name}`,
    tools: names('tool'),
    providers: names('provider'),
    agents: names('agent'),
    routes: names('route'),
    middleware: contributionsOf('middleware', added).map(({ value }) => value.layer),
    oauth: names('oauth'),
    commands: names('command'),
    checks: names('check'),
    reasoners: names('reasoner'),
    tasks: (live?.tasks() ?? []).map((task) => task.status),
    counters: { ...record.counters },
    retainedGenerations: retained(record).length,
    getConfigSchema: () => (definition?.config === undefined ? null : schemaDocument(definition.config)),
    setupMs: live?.setupMs ?? null,
    getTools: () => Object.fromEntries((live?.tools() ?? []).map((tool) => [tool.name, tool.value])),
    getService: () => live?.service,
    getConfig: () => (live === null ? record.config : live.config),
    getDefinition: () => definition,
  }
}

/** Remembers a generation that no longer serves. */
export function noteRetired(record: PluginRecord, generation: Generation): void {
  retained(record).push(new WeakRef(generation))
}

/** Forgets the retired generations that are gone from memory, and gives the rest. */
function retained({ retired }: PluginRecord): WeakRef<Generation>[] {
  const left = retired.filter((reference) => reference.deref() !== undefined)
  retired.splice(0, retired.length, ...left)
  return retired
}

function handlerInfo({ name, options: { order, timeoutMs, onError } }: HookContribution): HandlerInfo {
  return { hook: name, order, timeoutMs, onError }
}
