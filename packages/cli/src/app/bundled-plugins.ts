import type { PluginDefinition } from '@agentproxy/plugin'

export interface BundledPlugin {
  readonly name: string
  /** `system`: loaded only where the configuration has a section for it. */
  readonly kind: 'provider' | 'agent' | 'system'
  load(): Promise<PluginDefinition>
}

/** What comes with agentproxy. Imported when a command needs it; none has more rights than a stranger's plugin. */
export const BUNDLED_PLUGINS: readonly BundledPlugin[] = [
  {
    name: 'provider-anthropic',
    kind: 'provider',
    load: async () => (await import('@agentproxy/provider-anthropic')).default,
  },
  {
    name: 'provider-openai',
    kind: 'provider',
    load: async () => (await import('@agentproxy/provider-openai')).default,
  },
  {
    name: 'provider-gemini',
    kind: 'provider',
    load: async () => (await import('@agentproxy/provider-gemini')).default,
  },
  {
    name: 'provider-simulator',
    kind: 'provider',
    load: async () => (await import('@agentproxy/provider-simulator')).default,
  },
  {
    name: 'agent-builtin',
    kind: 'agent',
    load: async () => (await import('@agentproxy/agent-builtin')).default,
  },
  {
    name: 'agent-claude-code',
    kind: 'agent',
    load: async () => (await import('@agentproxy/agent-claude-code')).default,
  },
  {
    name: 'agent-codex',
    kind: 'agent',
    load: async () => (await import('@agentproxy/agent-codex')).default,
  },
  {
    name: 'agent-opencode',
    kind: 'agent',
    load: async () => (await import('@agentproxy/agent-opencode')).default,
  },
  {
    name: 'agent-acp',
    kind: 'agent',
    load: async () => (await import('@agentproxy/agent-acp')).default,
  },
  {
    name: 'access-log',
    kind: 'system',
    load: async () => (await import('@agentproxy/access-log')).default,
  },
  {
    name: 'cache',
    kind: 'system',
    load: async () => (await import('@agentproxy/cache')).default,
  },
  {
    name: 'cache-responses',
    kind: 'system',
    load: async () => (await import('@agentproxy/cache-responses')).default,
  },
  {
    name: 'events',
    kind: 'system',
    load: async () => (await import('@agentproxy/events')).default,
  },
  {
    name: 'permissions',
    kind: 'system',
    load: async () => (await import('@agentproxy/permissions')).default,
  },
  {
    name: 'raw-http-log',
    kind: 'system',
    load: async () => (await import('@agentproxy/raw-http-log')).default,
  },
]
