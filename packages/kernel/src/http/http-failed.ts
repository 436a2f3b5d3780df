import { PluginError } from '@agentproxy/plugin'

/** Only the origin is told: paths and queries may hold what a secret URL keeps. */
export function httpFailed(plugin: string, target: URL, what: string, cause?: unknown): PluginError {
  return new PluginError('HTTP_FAILED', `plugin ${plugin} asked ${target.origin}: ${what}`, { plugin, cause })
}
