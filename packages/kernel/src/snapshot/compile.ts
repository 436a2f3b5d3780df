import { hookKinds, PluginError } from '@agentproxy/plugin'
import type { AgentDefinition, HookName, ProviderDefinition } from '@agentproxy/plugin'
import { measureHandler } from '../metrics/measure-handler.ts'
import type { MetricsBook } from '../metrics/metrics-book.ts'
import { compileAround } from './around.ts'
import type { Contribution, Contributor } from './contribution.ts'
import type { BoundHandler, Report } from './handler.ts'
import { compileObserve } from './observe.ts'
import type { ObserverGauge } from './observe.ts'
import { compileSequence } from './sequence.ts'
import { firstRules, guardRules, transformRules } from './sequence-rules.ts'
import type { AnyTool, Contributed, HookSlots, Snapshot } from './snapshot.ts'

export interface CompileOptions {
  readonly report: Report
  /** Where calls of handlers are counted; null = handlers are compiled without any counting. */
  readonly book: MetricsBook | null
  /** The gauge of one observed hook; it outlives snapshots. */
  gauge(hook: HookName): ObserverGauge
}

const RANK = { pre: 0, normal: 1, post: 2 } as const

/**
 * Compiles what all contributors added, given in dependency-then-load order, into one frozen snapshot. Throws
 * CONTRIBUTION_CONFLICT with both owners where two claim one name.
 */
export function compileSnapshot(contributors: readonly Contributor[], options: CompileOptions): Snapshot {
  const hooks = new Map<HookName, { readonly handler: BoundHandler; readonly rank: number }[]>()
  const tools = new Map<string, Contributed<AnyTool>>()
  const providers = new Map<string, Contributed<ProviderDefinition>>()
  const agents = new Map<string, Contributed<AgentDefinition>>()
  let requestBodyNeeded = false

  for (const contributor of contributors) {
    const { plugin } = contributor
    for (const added of contributor.contributions) {
      switch (added.kind) {
        case 'hook': {
          const list = hooks.get(added.name) ?? []
          list.push({ handler: bind(contributor, added, options.book), rank: RANK[added.options.order] })
          hooks.set(added.name, list)
          requestBodyNeeded ||= added.name === 'request.prepare' && added.options.needsBody
          break
        }
        case 'tool':
          claim(tools, added, { plugin, value: added.value })
          break
        case 'provider':
          claim(providers, added, { plugin, value: added.value })
          break
        case 'agent':
          claim(agents, added, { plugin, value: added.value })
          break
        // The plugin's own affair: nobody looks these up in a table.
        case 'task':
        case 'health':
          break
      }
    }
  }

  const slots: Record<string, unknown> = emptySlots()
  for (const [name, list] of hooks) {
    const ordered = list.sort((a, b) => a.rank - b.rank).map(({ handler }) => handler)
    slots[name] = compileRunner(name, ordered, options)
  }
  return Object.freeze({
    hooks: Object.freeze(slots) as unknown as HookSlots,
    requestBodyNeeded,
    tools,
    providers,
    agents,
  })
}

/** The snapshot of a host without plugins: every hook unheard, every table empty. */
export const emptySnapshot: Snapshot = compileSnapshot([], {
  report: () => {},
  book: null,
  gauge: () => ({ pending: 0, dropped: 0 }),
})

// Every slot exists from the start and in one order, so all snapshots share one object shape.
function emptySlots(): Record<string, unknown> {
  return Object.fromEntries(Object.keys(hookKinds).map((name) => [name, null]))
}

function bind(
  owner: Contributor,
  added: Extract<Contribution, { readonly kind: 'hook' }>,
  book: MetricsBook | null,
): BoundHandler {
  const { name, handler, streak, options } = added
  const { timeoutMs, onError } = options
  const call = book === null ? handler : measureHandler(handler, book.of(owner.plugin, 'hooks', name))
  return { owner, hook: name, call, timeoutMs, onError, streak }
}

function claim<Value>(
  table: Map<string, Contributed<Value>>,
  added: { readonly kind: string; readonly name: string },
  entry: Contributed<Value>,
): void {
  const holder = table.get(added.name)
  if (holder !== undefined)
    throw new PluginError(
      'CONTRIBUTION_CONFLICT',
      `${added.kind} ${added.name} is claimed by plugin ${holder.plugin} and by plugin ${entry.plugin}; disable one of them or rename it`,
      { plugin: entry.plugin, tool: added.kind === 'tool' ? added.name : undefined },
    )
  table.set(added.name, entry)
}

function compileRunner(name: HookName, handlers: readonly BoundHandler[], options: CompileOptions): unknown {
  const kind = hookKinds[name]
  switch (kind) {
    case 'observe':
      return compileObserve(handlers, options.gauge(name), options.report)
    case 'guard':
      return compileSequence(handlers, guardRules, options.report)
    case 'transform':
      return compileSequence(handlers, transformRules, options.report)
    case 'first':
      return compileSequence(handlers, firstRules, options.report)
    case 'around':
      return compileAround(handlers, options.report)
  }
}
