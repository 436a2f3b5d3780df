import type { HealthReport, PluginInfo, PluginMetrics } from '@agentproxy/kernel'

/** A plugin in a list. */
export function summaryOf(info: PluginInfo): Readonly<Record<string, unknown>> {
  const { name, version, description, kind, status, generation, origin, prefix, reason, code } = info
  return {
    name,
    type: 'plugin',
    version,
    description,
    kind,
    status,
    generation,
    origin,
    prefix,
    reason,
    code,
    counts: {
      handlers: info.handlers.length,
      tools: info.tools.length,
      providers: info.providers.length,
      agents: info.agents.length,
      routes: info.routes.length,
      middleware: info.middleware.length,
      tasks: info.tasks.length,
      commands: info.commands.length,
      checks: info.checks.length,
    },
  }
}

/** Everything that can be told of a plugin. Its configuration is not: secrets may be in it. */
export function detailsOf(
  info: PluginInfo,
  metrics: PluginMetrics | null,
): Readonly<Record<string, unknown>> {
  return {
    ...summaryOf(info),
    dependencies: info.dependencies,
    hooks: info.handlers,
    tools: info.tools,
    providers: info.providers,
    agents: info.agents,
    routes: info.routes,
    middleware: info.middleware,
    tasks: info.tasks,
    oauth: info.oauth,
    commands: info.commands,
    checks: info.checks,
    reasoners: info.reasoners,
    counters: info.counters,
    metrics,
  }
}

const WORDS = { pass: 'healthy', warn: 'degraded', fail: 'unhealthy' } as const

export interface PluginHealthView {
  readonly plugin: string
  readonly status: (typeof WORDS)[keyof typeof WORDS]
  readonly adapter_loaded: boolean
  readonly details: Readonly<Record<string, unknown>>
}

/** How one plugin is. One that does not serve is unhealthy; one without a check of its own is healthy if it serves. */
export function healthOf(info: PluginInfo, { plugins }: HealthReport): PluginHealthView {
  const initialized = info.status === 'active'
  const check = plugins[info.name]
  const output = check?.output ?? info.reason ?? ''
  return {
    plugin: info.name,
    status: initialized ? WORDS[check?.status ?? 'pass'] : 'unhealthy',
    adapter_loaded: initialized,
    details: {
      ...check?.details,
      type: info.kind,
      initialized,
      has_adapter: info.providers.length + info.agents.length > 0,
      ...(output !== '' && { output }),
    },
  }
}
