import type {
  ExchangeEnd,
  ModelRoute,
  ModelRouteRequest,
  RequestPrepare,
  RequestReceived,
  StreamEventPayload,
  ToolCallRequest,
  ToolCallRuling,
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
  /** Plugins are loaded, before work begins. */
  'app.start': Observe<AppLifecycle>
  /** Work has ended, before plugins are unloaded. */
  'app.stop': Observe<AppLifecycle>
  /** A plugin became active, failed, was reloaded, unloaded or disabled. */
  'plugin.state': Observe<PluginStateChange>

  /** Before anything else. A block ends the task with exit code 18. */
  'task.start': Transform<TaskStart, 'prompt' | 'workingDir' | 'checks' | 'budgets'>
  /** The task ended verified. Awaited before exit. */
  'task.complete': Observe<TaskEnd>
  /** The task ended any other way. Awaited before exit. */
  'task.error': Observe<TaskEnd>
  /** All checks passed and done is about to be said. A block sends the agent back. */
  'task.before-done': Guard<BeforeDone>
  /** Before a reasoner decides. A block leaves the decision to the rules. */
  'reasoning.start': Transform<ReasoningStart, 'context'>
  /** After it decided. */
  'reasoning.complete': Observe<ReasoningComplete>
  /** A decision is about to be carried out. A block makes it nothing at all. */
  decision: Transform<Decision, 'function' | 'arguments'>
  /** Before a function runs. */
  'function.before': Transform<FunctionCall, 'arguments'>
  /** After it ran. */
  'function.after': Transform<FunctionResult, 'result'>
  /** Before a turn. */
  'agent.start': Transform<AgentStart, 'prompt' | 'model' | 'env' | 'allowedTools'>
  /** Each text, thought, tool call and result of the agent. */
  'agent.output': Observe<AgentOutput>
  /** The agent asks before a tool that changes something. Without an answer the default policy decides. */
  'permission.request': First<PermissionRequest, PermissionAnswer>
  /** `phase: 'before'`: the agent asks to write, a block refuses it. `phase: 'after'`: seen in the tree, a block rolls the file back. */
  'file.change': Guard<FileChange>
  /** Before a check runs. A block skips it, and what is skipped proves nothing. */
  'check.before': Transform<CheckBefore, 'command' | 'timeoutMs'>
  /** Its verdict is known. */
  'check.after': Observe<CheckAfter>

  /** The request is known by size, format and model. A block answers 403. */
  'request.received': Guard<RequestReceived>
  /** Who answers for this model name. */
  'model.route': First<ModelRouteRequest, ModelRoute>
  /** The request is in the upstream's format, without its credential. */
  'request.prepare': Transform<RequestPrepare, 'headers' | 'body'>
  /** One call. Without `next()` the handler's own answer goes to the client. */
  'upstream.call': Around<UpstreamCall, UpstreamResult>
  /** Each event of an answer, streamed or not, in the neutral model. */
  'stream.event': Transform<StreamEventPayload, 'event'>
  /** A tool call of the model, whole, before the client hears of it. Heard, it makes tool calls wait until they are judged. */
  'tool.call': First<ToolCallRequest, ToolCallRuling>
  /** Exactly once an exchange: outcome, usage, cost, reason. */
  'exchange.end': Observe<ExchangeEnd>
  /** A login, its refresh or its end. No token is in it. */
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
  'tool.call': 'first',
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
