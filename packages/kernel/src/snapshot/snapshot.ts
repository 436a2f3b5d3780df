import type {
  AgentDefinition,
  Around,
  CommandDefinition,
  First,
  Guard,
  HookName,
  Hooks,
  JsonSchema,
  OAuthProvider,
  Observe,
  PluginCheck,
  ProviderDefinition,
  ReasonerDefinition,
  StandardSchema,
  ToolDefinition,
  Transform,
} from '@agentproxy/plugin'
import type { MiddlewareRunner } from '../routes/compile-middleware.ts'
import type { PluginRoute } from '../routes/compile-routes.ts'

/** A guard's joint answer. `plugin` is who blocked. */
export type GuardVerdict =
  | { readonly blocked: false }
  | { readonly blocked: true; readonly reason: string; readonly plugin: string }

/** A transform's joint answer: the payload after all handlers, or who blocked. */
export type TransformVerdict<Payload> =
  | { readonly blocked: false; readonly payload: Payload }
  | { readonly blocked: true; readonly reason: string; readonly plugin: string }

/**
 * One hook's compiled handlers. Runners are sync-first: a promise comes back only if a handler returned one, so test
 * with `instanceof Promise` on a hot path, or simply `await` elsewhere. They never reject, but for an `around`: with what
 * its `next` rejected with, or with a PluginError where a handler that says `onError: 'block'` failed before `next`.
 */
export type HookRunner<Hook> =
  Hook extends Observe<infer Payload>
    ? // The promise settles when all handlers have; ignore it on a path that must not wait.
      (payload: Payload) => void | Promise<void>
    : Hook extends Guard<infer Payload>
      ? (payload: Payload) => GuardVerdict | Promise<GuardVerdict>
      : Hook extends Transform<infer Payload, infer _Fields>
        ? (payload: Payload) => TransformVerdict<Payload> | Promise<TransformVerdict<Payload>>
        : Hook extends First<infer Payload, infer Answer>
          ? (payload: Payload) => Answer | null | Promise<Answer | null>
          : Hook extends Around<infer Payload, infer Result>
            ? (payload: Payload, next: () => Promise<Result>) => Promise<Result>
            : never

/** One field per hook point; null where nobody listens, so an unheard hook costs one comparison. */
export type HookSlots = { readonly [Name in HookName]: HookRunner<Hooks[Name]> | null }

export type AnyTool = ToolDefinition<StandardSchema | JsonSchema>

/** A contribution and who made it. */
export interface Contributed<Value> {
  readonly plugin: string
  readonly value: Value
}

/**
 * Everything all live plugins contribute, compiled and frozen. Take `host.live` once per request or task step and use
 * that one throughout: work in flight finishes on the tables it started with.
 */
export interface Snapshot {
  readonly hooks: HookSlots
  /** true if a `request.prepare` handler asked for the parsed body. */
  readonly requestBodyNeeded: boolean
  /** true if an `upstream.call` handler asked for the upstream's answer. */
  readonly upstreamAnswerNeeded: boolean
  readonly tools: ReadonlyMap<string, Contributed<AnyTool>>
  readonly providers: ReadonlyMap<string, Contributed<ProviderDefinition>>
  readonly agents: ReadonlyMap<string, Contributed<AgentDefinition>>
  /** In load order; no two take the same method and path. */
  readonly routes: readonly PluginRoute[]
  /** All middleware as one, outermost layer first; null = there is none. Rejects with what a middleware throws. */
  readonly middleware: MiddlewareRunner | null
  readonly oauth: ReadonlyMap<string, Contributed<OAuthProvider>>
  readonly commands: ReadonlyMap<string, Contributed<CommandDefinition>>
  /** Calls of a check or a reasoner reject when its plugin goes. */
  readonly checks: ReadonlyMap<string, Contributed<PluginCheck>>
  readonly reasoners: ReadonlyMap<string, Contributed<ReasonerDefinition>>
}

/** What rooms that serve requests and tasks know of the kernel. */
export interface PluginHost {
  readonly live: Snapshot
}
