import type { PluginManager } from '@agentproxy/kernel'

/** Tells a person what becomes of plugins while the gateway runs, until undone. What failed, and why, is in the log. */
export function tellPlugins(plugins: PluginManager, say: (line: string) => void): () => void {
  let lastProblem = ''
  const listeners = [
    plugins.on('plugin.loaded', (name, { origin }) => say(`plugin ${name} was loaded from ${origin}`)),
    plugins.on('plugin.reloaded', (name) => say(`plugin ${name} was reloaded`)),
    plugins.on('plugin.unloaded', (name) => say(`plugin ${name} was unloaded`)),
    plugins.on('plugin.failed', (name, { message }) => {
      const { plugins: all } = plugins.getPluginStatus()
      const serves = all.some((one) => one.name === name && one.status === 'active')
      if (serves && lastProblem !== message) say(`plugin ${name} could not be reloaded; the log says why`)
      lastProblem = message
    }),
  ]
  return () => {
    for (const listener of listeners) listener[Symbol.dispose]()
  }
}
