// What the guide takes for granted: four plugins with tools of these names, and a session to tell of.
import type { Plugin, PluginContext, Tool } from '@agentproxy/plugin'

export class AgentManagementPlugin implements Plugin {
  name = 'agent-management'
  private context?: PluginContext
  private sessions: { id: string; task: string; userId: string | null }[] = []

  initialize(context: PluginContext): void {
    this.context = context
  }

  getTools(): Record<string, Tool> {
    return {
      'agent.createSession': {
        description: 'Creates a session',
        parameters: { type: 'object', properties: { task: { type: 'string' } }, required: ['task'] },
        execute: (
          { task }: { task: string },
          { userId, requestId }: { userId: string; requestId: string },
        ) => {
          const session = { id: `s${this.sessions.length + 1}`, task, userId }
          this.sessions.push(session)
          this.context?.events.emit('session.created', { sessionId: session.id, timestamp: Date.now() })
          return { ...session, requestId }
        },
      },
      'agent.listSessions': {
        description: 'Lists sessions',
        execute: ({ limit }: { limit: number }) => this.sessions.slice(0, limit),
      },
    }
  }
}

export class CachePlugin implements Plugin {
  name = 'cache'
  private entries = new Map<string, unknown>()

  getTools(): Record<string, Tool> {
    const key = { type: 'string' }
    return {
      'cache.get': {
        description: 'Reads an entry',
        parameters: { type: 'object', properties: { key } },
        execute: (entry: { key: string }) => this.entries.get(entry.key),
      },
      'cache.set': {
        description: 'Writes an entry',
        parameters: { type: 'object', properties: { key, value: {}, ttl: { type: 'number' } } },
        execute: (entry: { key: string; value: unknown }) => void this.entries.set(entry.key, entry.value),
      },
    }
  }
}

/** Names of events that were emitted. */
export const seen = new Set<string>()

export class EventsPlugin implements Plugin {
  name = 'events'

  initialize(context: PluginContext): void {
    for (const name of ['plugin.initialized', 'analytics.session_created', 'analytics.tool_usage'])
      context.events.on(name, () => void seen.add(name))
  }
}

export class SessionsPlugin implements Plugin {
  name = 'sessions'
  getTools(): Record<string, Tool> {
    return { 'sessions.list': { description: 'Lists sessions', execute: () => [] } }
  }
}
