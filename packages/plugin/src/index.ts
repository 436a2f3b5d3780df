export type {
  AgentAvailability,
  AgentCapabilities,
  AgentDefinition,
  AgentExit,
  AgentImage,
  AgentPermissionAnswer,
  AgentPermissionRequest,
  AgentProcess,
  AgentSpawn,
  AgentStopReason,
  AgentTurn,
  AgentTurnError,
  AgentTurnResult,
  PermissionOption,
} from './agent.ts'
export type { AgentEvent, AgentState, PlanEntry, ToolKind } from './agent-event.ts'
export { baseUrlProblem } from './base-url.ts'
export type {
  BrowserCheckSpec,
  CheckResult,
  CheckSpec,
  CommandCheckSpec,
  DiffRuleCheckSpec,
  FileCheckSpec,
  HttpCheckSpec,
  HumanCheckSpec,
  JudgeCheckSpec,
  PluginCheckSpec,
  RequirementVerdict,
  Verdict,
} from './check-spec.ts'
export type { PluginCheck, PluginCheckRun, PluginCheckVerdict } from './check.ts'
export type { ClassPluginContext, Plugin, Tool } from './class-plugin.ts'
export type { CommandDefinition, CommandInput, CommandOption, CommandOutput } from './command.ts'
export type {
  Dependency,
  DependencyName,
  PluginContext,
  PluginHandle,
  ServiceOf,
  Services,
} from './context.ts'
export { definePlugin } from './define-plugin.ts'
export type { ConfigOf, PluginDefinition, PluginManifest } from './define-plugin.ts'
export { PluginError } from './errors.ts'
export type { PluginErrorCode, PluginErrorDetails } from './errors.ts'
export type { EventPayload, Events, PluginEvents } from './events.ts'
export type {
  ExchangeAttempt,
  ExchangeEnd,
  Identity,
  JsonObject,
  JsonValue,
  ModelRoute,
  ModelRouteRequest,
  RequestPrepare,
  RequestReceived,
  StreamEventPayload,
  ToolCallEffects,
  ToolCallRequest,
  ToolCallRuling,
  UpstreamAnswer,
  UpstreamCall,
  UpstreamResult,
} from './exchange-payloads.ts'
export type {
  Around,
  First,
  Guard,
  HookHandler,
  HookKind,
  HookOptions,
  Observe,
  Transform,
} from './hook-kinds.ts'
export type { HealthCheck, HealthResult, HealthStatus } from './health.ts'
export { hookAliases, hookKinds } from './hooks.ts'
export type { AppLifecycle, HookName, Hooks, PluginStateChange } from './hooks.ts'
export type { HttpInit, PluginHttp } from './http.ts'
export type { Logger } from './logger.ts'
export { middlewareLayers } from './middleware.ts'
export type { Middleware, MiddlewareLayer } from './middleware.ts'
export type {
  ItemNames,
  ModelBlock,
  ModelDelta,
  ModelError,
  ModelErrorType,
  ModelEvent,
  ModelUsage,
  StopReason,
} from './model-event.ts'
export type { OAuthProvider, OAuthRedirect, OAuthTokenChange } from './oauth.ts'
export { block, modify, ok, PluginResult } from './outcome.ts'
export type { Block, Continue, Modify } from './outcome.ts'
export type { PluginPermissions } from './permissions.ts'
export type {
  CredentialRule,
  ProviderAccount,
  ModelInfo,
  ProviderDefinition,
  ProviderEndpoint,
  WireFormat,
} from './provider.ts'
export type { ReasonerDecision, ReasonerDefinition, ReasonerFunction, ReasonerInput } from './reasoner.ts'
export { reservedPrefixes } from './reserved-prefixes.ts'
export type { RouteContext, RouteHandler, RouteMethod, RouteOptions } from './route.ts'
export type { CronSchedule, IntervalSchedule, TaskRun, TaskSchedule, TaskWork } from './scheduled-task.ts'
export type { JsonSchema, SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './schema.ts'
export type { PluginSecrets, Secret, SecretUse } from './secrets.ts'
export type { PluginStorage } from './storage.ts'
export type {
  AgentOutput,
  AgentStart,
  BeforeDone,
  CheckAfter,
  CheckBefore,
  Decision,
  FileChange,
  FunctionArguments,
  FunctionCall,
  FunctionResult,
  PermissionAnswer,
  PermissionRequest,
  ReasoningComplete,
  ReasoningContext,
  ReasoningStart,
  TaskBudgets,
  TaskEnd,
  TaskOutcome,
  TaskStart,
} from './task-payloads.ts'
export type { ToolCallOptions, ToolContext, ToolDefinition } from './tool.ts'
