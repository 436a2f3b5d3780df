import { PluginError } from '@agentproxy/plugin'

/** A capability the plugin was not given. `what` says which, and what to add if it should be. */
export function denied(what: string): PluginError {
  return new PluginError('SANDBOX_DENIED', what)
}
