import { hookKinds, PluginError } from '@agentproxy/plugin'
import type { HookName } from '@agentproxy/plugin'
import { measureHandler } from '../metrics/measure-handler.ts'
import type { MetricsBook } from '../metrics/metrics-book.ts'
import { compileMiddleware } from '../routes/compile-middleware.ts'
import { compileRoutes } from '../routes/compile-routes.ts'
import { compileAround } from './around.ts'
import { bindCheck, bindReasoner } from './bind-calls.ts'
import { contributionsOf } from './contribution.ts'
import type {
  Contribution,
  Contributor,
  HookContribution,
  NamedContribution,
  NamedKind,
} from './contribution.ts'
import type { BoundHandler, Report } from './handler.ts'
import { orderHooks } from './hook-order.ts'
import { compileObserve } from './observe.ts'
import type { ObserverGauge } from './observe.ts'
import { compileSequence } from './sequence.ts'
import { firstRules, guardRules, transformRules } from './sequence-rules.ts'
import type { Contributed, HookSlots, Snapshot } from './snapshot.ts'

export interface CompileOptions {
  readonly report: Report
  /** Where calls of handlers are counted; null = handlers are compiled without any counting. */
  readonly book: MetricsBook | null
  /** The gauge of one observed hook; it outlives snapshots. */
  gauge(hook: HookName): ObserverGauge
}

/**
 * Compiles what all contributors added, given in dependency-then-load order, into one frozen snapshot. Throws
 * CONTRIBUTION_CONFLICT with both owners where two claim one name.
 */
export function compileSnapshot(contributors: readonly Contributor[], options: CompileOptions): Snapshot {
  return Object.freeze({
    hooks: compileHooks(contributors, options),
    requestBodyNeeded: contributors.some((contributor) => [...contributor.contributions].some(needsBody)),
    upstreamAnswerNeeded: contributors.some(({ contributions }) => [...contributions].some(needsAnswer)),
    tools: tableOf('tool', contributors),
    providers: tableOf('provider', contributors),
    agents: tableOf('agent', contributors),
    routes: compileRoutes(contributors, options.report),
    middleware: compileMiddleware(contributors, options.report),
    oauth: tableOf('oauth', contributors),
    commands: tableOf('command', contributors),
    checks: tableOf('check', contributors, bindCheck),
    reasoners: tableOf('reasoner', contributors, bindReasoner),
  })
}

/** The snapshot of a host without plugins: every hook unheard, every table empty. */
export const emptySnapshot: Snapshot = compileSnapshot([], {
  report: () => {},
  book: null,
  gauge: () => ({ pending: 0, dropped: 0 }),
})

type ValueOf<Kind extends NamedKind> = NamedContribution<Kind>['value']

/** Contributions of one kind by name, each as `own` makes it. Throws CONTRIBUTION_CONFLICT where two claim one name. */
function tableOf<Kind extends NamedKind>(
  kind: Kind,
  contributors: readonly Contributor[],
  own: (owner: Contributor, value: ValueOf<Kind>) => ValueOf<Kind> = (_owner, value) => value,
): ReadonlyMap<string, Contributed<ValueOf<Kind>>> {
  const table = new Map<string, Contributed<ValueOf<Kind>>>()
  for (const contributor of contributors) {
    const { plugin, contributions } = contributor
    for (const { name, value } of contributionsOf(kind, contributions)) {
      const holder = table.get(name)
      if (holder !== undefined)
        throw new PluginError(
          'CONTRIBUTION_CONFLICT',
          `${kind} ${name} is claimed by plugin ${holder.plugin} and by plugin ${plugin}; disable one of them or rename it`,
          { plugin, tool: kind === 'tool' ? name : undefined },
        )
      table.set(name, { plugin, value: own(contributor, value) })
    }
  }
  return table
}

function needsBody(added: Contribution): boolean {
  return added.kind === 'hook' && added.name === 'request.prepare' && added.options.needsBody
}

function needsAnswer(added: Contribution): boolean {
  return added.kind === 'hook' && added.name === 'upstream.call' && added.options.needsAnswer
}

function compileHooks(contributors: readonly Contributor[], options: CompileOptions): HookSlots {
  const slots: Record<string, unknown> = emptySlots()
  for (const [name, list] of orderHooks(contributors)) {
    const handlers = list.map(({ owner, added }) => bind(owner, added, options.book))
    slots[name] = compileRunner(name, handlers, options)
  }
  return Object.freeze(slots) as unknown as HookSlots
}

// Every slot exists from the start and in one order, so all snapshots share one object shape.
function emptySlots(): Record<string, unknown> {
  return Object.fromEntries(Object.keys(hookKinds).map((name) => [name, null]))
}

function bind(owner: Contributor, added: HookContribution, book: MetricsBook | null): BoundHandler {
  const { name, handler, streak, options } = added
  const { timeoutMs, onError } = options
  const call = book === null ? handler : measureHandler(handler, book.of(owner.plugin, 'hooks', name))
  return { owner, hook: name, call, timeoutMs, onError, streak }
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
