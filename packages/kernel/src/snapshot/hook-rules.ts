import type { HookName, Hooks, PermissionAnswer, ToolCallRuling } from '@agentproxy/plugin'

type TransformName = {
  [Name in HookName]: Hooks[Name]['kind'] extends 'transform' ? Name : never
}[HookName]
type Fields<Name extends TransformName> = Hooks[Name] extends { readonly fields: infer Field }
  ? Field & string
  : never

/** The fields a transform handler may change: the contract's types once more, for plugins nobody compiled. */
const modifiable: { readonly [Name in TransformName]: { readonly [Field in Fields<Name>]: true } } = {
  'task.start': { prompt: true, workingDir: true, checks: true, budgets: true },
  'reasoning.start': { context: true },
  decision: { function: true, arguments: true },
  'function.before': { arguments: true },
  'function.after': { result: true },
  'agent.start': { prompt: true, model: true, env: true, allowedTools: true },
  'check.before': { command: true, timeoutMs: true },
  'request.prepare': { headers: true, body: true },
  'stream.event': { event: true },
}

const fieldSets: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(modifiable).map(([hook, fields]) => [hook, new Set(Object.keys(fields))]),
)
const NO_FIELDS: ReadonlySet<string> = new Set()

export function modifiableFields(hook: HookName): ReadonlySet<string> {
  return fieldSets.get(hook) ?? NO_FIELDS
}

/** What a failing handler with `onError: 'block'` answers on a `first` hook; elsewhere such a hook cannot block. */
const refusals: Readonly<Partial<Record<HookName, (reason: string) => unknown>>> = {
  'permission.request': (reason): PermissionAnswer => ({ decision: 'deny', reason }),
  'tool.call': (reason): ToolCallRuling => ({ decision: 'deny', reason }),
}

export function refusalOf(hook: HookName): ((reason: string) => unknown) | null {
  return refusals[hook] ?? null
}
