import type {
  HealthReport,
  ManagerEvents,
  PluginInfo,
  PluginManagerStatus,
  PluginMetrics,
} from '@agentproxy/kernel'
import type { ToolCallOptions } from '@agentproxy/plugin'

/** What the management routes ask of the plugins' host; `PluginManager` is one. */
export interface PluginAdmin {
  getPlugin(name: string): PluginInfo
  getPluginStatus(): PluginManagerStatus
  getPluginMetrics(): Readonly<Record<string, PluginMetrics>>
  healthCheck(): Promise<HealthReport>
  /** Loads it where it is not active. */
  reloadPlugin(name: string): Promise<PluginInfo>
  unloadPlugin(name: string): Promise<void>
  /** Tells a listener of loads, reloads, unloads and failures until it is disposed of. */
  on<Event extends keyof ManagerEvents>(
    event: Event,
    listener: (...details: ManagerEvents[Event]) => void,
  ): Disposable
  executeTool(tool: string, parameters: unknown, options: ToolCallOptions): Promise<unknown>
}
