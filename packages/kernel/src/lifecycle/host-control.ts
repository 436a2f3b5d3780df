import type { PluginContext, PluginError } from '@agentproxy/plugin'
import type { SandboxMetrics } from '../sandbox/sandbox-metrics.ts'

/** What the kernel's own plugins may ask of their host beyond the contract. */
export interface HostControl {
  /** Has this plugin taken out of service, for that reason. */
  withdraw(reason: PluginError): void
  /** Shows figures of a sandbox among the plugin's metrics. */
  gauge(read: () => SandboxMetrics): void
}

const controls = new WeakMap<PluginContext, HostControl>()

/** Kept beside the context, not in it: a plugin that gets a context cannot reach this. */
export function setHostControl(ctx: PluginContext, control: HostControl): void {
  controls.set(ctx, control)
}

/** Null where the context is another host's. */
export function hostControlOf(ctx: PluginContext): HostControl | null {
  return controls.get(ctx) ?? null
}
