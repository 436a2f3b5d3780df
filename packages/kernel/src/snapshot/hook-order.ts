import type { HookName, HookOptions } from '@agentproxy/plugin'
import type { Contributor, HookContribution } from './contribution.ts'

const RANK = { pre: 0, normal: 1, post: 2 } as const

/** These unwind: who came first before the act comes last after it. */
const UNWINDING: ReadonlySet<HookName> = new Set(['function.after', 'app.stop'])

/** One handler in the order in which a hook's handlers are called. */
export interface OrderedHandler {
  readonly owner: Contributor
  readonly added: HookContribution
}

/** All handlers by hook, as they are called: `pre`, `normal`, `post`, and within each in the order of the contributors. */
export function orderHooks(
  contributors: readonly Contributor[],
): ReadonlyMap<HookName, readonly OrderedHandler[]> {
  const hooks = new Map<HookName, OrderedHandler[]>()
  for (const owner of contributors) {
    for (const added of owner.contributions) {
      if (added.kind !== 'hook') continue
      const list = hooks.get(added.name) ?? []
      list.push({ owner, added })
      hooks.set(added.name, list)
    }
  }
  for (const [name, list] of hooks) {
    if (UNWINDING.has(name)) list.reverse()
    list.sort((a, b) => RANK[a.added.options.order] - RANK[b.added.options.order])
  }
  return hooks
}

/** One handler of a hook as status pages show it. */
export interface HookHandlerInfo extends Required<HookOptions> {
  readonly plugin: string
}

/** The handlers of each hook that is heard, in the order in which they are called. */
export type HookOrder = { readonly [Name in HookName]?: readonly HookHandlerInfo[] }

export function hookOrderOf(hooks: ReadonlyMap<HookName, readonly OrderedHandler[]>): HookOrder {
  const shown = (list: readonly OrderedHandler[]): readonly HookHandlerInfo[] =>
    list.map(({ owner, added }) => ({ plugin: owner.plugin, ...added.options }))
  return Object.fromEntries([...hooks].map(([name, list]) => [name, shown(list)]))
}
