import type {
  ExchangeEnd,
  ModelRoute,
  ModelRouteRequest,
  RequestPrepare,
  RequestReceived,
  StreamEventPayload,
  UpstreamCall,
  UpstreamResult,
} from './exchange-payloads.ts'
import type { Around, First, Guard, HookKind, Observe, Transform } from './hook-kinds.ts'
import type { OAuthTokenChange } from './oauth.ts'
import type {
  AgentOutput,
  AgentStart,
  BeforeDone,
  CheckAfter,
  CheckBefore,
  Decision,
  FileChange,
  FunctionCall,
  FunctionResult,
  PermissionAnswer,
  PermissionRequest,
  ReasoningComplete,
  ReasoningStart,
  TaskEnd,
  TaskStart,
} from './task-payloads.ts'

export interface PluginStateChange {
  readonly plugin: string
  readonly generation: number
  readonly state: 'active' | 'failed' | 'unloaded' | 'reloaded' | 'disabled'
  readonly reason: string | null
}

export interface AppLifecycle {
  readonly command: string
  readonly version: string
}

/** Every hook point, its kind and its payload. A hook is listed only if it fires. */
export interface Hooks {
  'app.start': Observe<AppLifecycle>
  'app.stop': Observe<AppLifecycle>
  'plugin.state': Observe<PluginStateChange>

  'task.start': Transform<TaskStart, 'prompt' | 'workingDir' | 'checks' | 'budgets'>
  'task.complete': Observe<TaskEnd>
  'task.error': Observe<TaskEnd>
  'task.before-done': Guard<BeforeDone>
  'reasoning.start': Transform<ReasoningStart, 'context'>
  'reasoning.complete': Observe<ReasoningComplete>
  decision: Transform<Decision, 'function' | 'arguments'>
  'function.before': Transform<FunctionCall, 'arguments'>
  'function.after': Transform<FunctionResult, 'result'>
  'agent.start': Transform<AgentStart, 'prompt' | 'model' | 'env' | 'allowedTools'>
  'agent.output': Observe<AgentOutput>
  'permission.request': First<PermissionRequest, PermissionAnswer>
  'file.change': Guard<FileChange>
  'check.before': Transform<CheckBefore, 'command' | 'timeoutMs'>
  'check.after': Observe<CheckAfter>

  'request.received': Guard<RequestReceived>
  'model.route': First<ModelRouteRequest, ModelRoute>
  'request.prepare': Transform<RequestPrepare, 'headers' | 'body'>
  'upstream.call': Around<UpstreamCall, UpstreamResult>
  'stream.event': Transform<StreamEventPayload, 'event'>
  'exchange.end': Observe<ExchangeEnd>
  'oauth.token': Observe<OAuthTokenChange>
}

export type HookName = keyof Hooks

/** The same table at run time; hosts compile their dispatch slots from it. */
export const hookKinds = Object.freeze({
  'app.start': 'observe',
  'app.stop': 'observe',
  'plugin.state': 'observe',
  'task.start': 'transform',
  'task.complete': 'observe',
  'task.error': 'observe',
  'task.before-done': 'guard',
  'reasoning.start': 'transform',
  'reasoning.complete': 'observe',
  decision: 'transform',
  'function.before': 'transform',
  'function.after': 'transform',
  'agent.start': 'transform',
  'agent.output': 'observe',
  'permission.request': 'first',
  'file.change': 'guard',
  'check.before': 'transform',
  'check.after': 'observe',
  'request.received': 'guard',
  'model.route': 'first',
  'request.prepare': 'transform',
  'upstream.call': 'around',
  'stream.event': 'transform',
  'exchange.end': 'observe',
  'oauth.token': 'observe',
} as const satisfies { readonly [Name in HookName]: Hooks[Name]['kind'] & HookKind })

/** Names used by earlier Python plugins; the class adapter picks up methods called so, with or without `hook_`. */
export const hookAliases: Readonly<Record<string, HookName>> = Object.freeze({
  on_init: 'app.start',
  on_task_start: 'task.start',
  on_task_complete: 'task.complete',
  on_task_error: 'task.error',
  on_pa_reasoning_start: 'reasoning.start',
  on_pa_reasoning_complete: 'reasoning.complete',
  on_pa_decision: 'decision',
  on_function_pre: 'function.before',
  on_function_post: 'function.after',
  on_claude_start: 'agent.start',
  on_claude_output: 'agent.output',
  on_file_change: 'file.change',
})
