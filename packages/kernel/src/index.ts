export { schemaDocument } from './config/schema-document.ts'
export { editDistance } from './edit-distance.ts'
export type { ManagerEvents } from './events/manager-events.ts'
export type { HealthReport } from './health/health-monitor.ts'
export type { PluginHealth } from './health/health-probe.ts'
export type { HandlerInfo, PluginCounters, PluginInfo, PluginStatus } from './lifecycle/plugin-record.ts'
export { pluginFolderOf } from './load/discover.ts'
export type { PluginEntry, PluginSources } from './load/discover.ts'
export type { FailedPlugin, LoadReport } from './load/load-all.ts'
export type { BundledPlugin, SandboxedEntry } from './load/plugin-source.ts'
export { readDefinition } from './load/read-definition.ts'
export { readExport } from './load/read-export.ts'
export { registerScripts } from './load/register-scripts.ts'
export type { AlertThresholds, MonitoringOptions, PluginAlert } from './metrics/alert-monitor.ts'
export type { CallMetrics } from './metrics/call-stats.ts'
export type { PluginMetrics } from './metrics/metrics-book.ts'
export { PluginManager } from './plugin-manager.ts'
export type { PluginManagerOptions } from './plugin-manager-options.ts'
export type { DebugInfo, PluginManagerStatus } from './plugin-manager-status.ts'
export type { MiddlewareRunner } from './routes/compile-middleware.ts'
export type { PluginRoute } from './routes/compile-routes.ts'
export { matchRoute } from './routes/match-route.ts'
export type { RouteMatch } from './routes/match-route.ts'
export { environmentSecrets, secretVariable } from './secrets/secret-source.ts'
export type { SecretSource } from './secrets/secret-source.ts'
export { SandboxedPlugin } from './sandbox/sandboxed-plugin.ts'
export type { SandboxedPluginOptions } from './sandbox/sandboxed-plugin.ts'
export type { SandboxMetrics } from './sandbox/sandbox-metrics.ts'
export { emptySnapshot } from './snapshot/compile.ts'
export type { HookHandlerInfo, HookOrder } from './snapshot/hook-order.ts'
export type { PluginFailure } from './snapshot/handler.ts'
export type {
  AnyTool,
  Contributed,
  GuardVerdict,
  HookRunner,
  HookSlots,
  PluginHost,
  Snapshot,
  TransformVerdict,
} from './snapshot/snapshot.ts'
export { createMemoryStorage } from './storage/memory-storage.ts'
export { createPluginStorage } from './storage/plugin-storage.ts'
export type { StorageBackend } from './storage/storage-backend.ts'
export type { TaskStatus } from './tasks/scheduled-task.ts'
export type { BatchToolCall, ToolOutcome } from './tools/tool-runner.ts'
export { FolderWatches } from './watch/folder-watches.ts'
export type { FolderListener } from './watch/folder-watches.ts'
