import type { PluginMetrics } from '@agentproxy/kernel'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import type { MetricFamily, Sample } from './metric-text.ts'

const KINDS = ['tasks', 'hooks'] as const

/** What the plugins' host counts. Hooks are counted only while its `monitoring` is on. */
export function pluginMetrics(admin: PluginAdmin): readonly MetricFamily[] {
  const { plugins, droppedObservations } = admin.getPluginStatus()
  const [calls, errors]: [Sample[], Sample[]] = [[], []]
  const metrics = admin.getPluginMetrics()
  for (const { name: plugin, counters } of plugins) {
    const tools = { kind: 'tools', calls: counters.toolCalls, errors: counters.toolErrors }
    for (const { kind, ...sums } of [tools, ...countedOf(metrics[plugin])]) {
      calls.push({ labels: { plugin, kind }, value: sums.calls })
      errors.push({ labels: { plugin, kind }, value: sums.errors })
    }
  }
  const states = new Map<string, number>()
  for (const { status } of plugins) states.set(status, (states.get(status) ?? 0) + 1)
  return [
    {
      name: 'agentproxy_plugins',
      type: 'gauge',
      help: 'Plugins by status.',
      samples: [...states].map(([status, value]) => ({ labels: { status }, value })),
      sameEverywhere: true,
    },
    {
      name: 'agentproxy_plugin_calls_total',
      type: 'counter',
      help: 'Calls of tools and scheduled tasks, and of hooks while monitoring is on.',
      samples: calls,
    },
    {
      name: 'agentproxy_plugin_errors_total',
      type: 'counter',
      help: 'Those of them that failed.',
      samples: errors,
    },
    {
      name: 'agentproxy_plugin_failures_total',
      type: 'counter',
      help: 'Handlers, listeners and clean-ups that failed.',
      samples: plugins.map(({ name, counters }) => ({ labels: { plugin: name }, value: counters.failures })),
    },
    {
      name: 'agentproxy_plugin_dropped_observations_total',
      type: 'counter',
      help: 'Observer runs left out because too many were pending.',
      samples: Object.entries(droppedObservations).map(([hook, value]) => ({ labels: { hook }, value })),
    },
  ]
}

/** Tools are counted always, the others where there are some and they are counted. */
function countedOf(metrics: PluginMetrics | undefined) {
  if (metrics === undefined) return []
  return KINDS.flatMap((kind) => {
    const all = Object.values(metrics[kind])
    const sum = (field: 'calls' | 'errors'): number => all.reduce((total, one) => total + one[field], 0)
    return all.length === 0 ? [] : [{ kind, calls: sum('calls'), errors: sum('errors') }]
  })
}
