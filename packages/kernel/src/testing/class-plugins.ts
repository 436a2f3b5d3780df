// Class plugins in the style of the plugin guide: parameters and events are whatever the author says they are.
// oxlint-disable typescript/no-explicit-any
import type { ClassPluginContext as PluginContext, Plugin, Tool } from '@agentproxy/plugin'

export class CustomAnalyticsPlugin implements Plugin {
  name = 'custom-analytics'
  version = '1.0.0'
  description = 'Custom analytics and reporting plugin'

  private metrics: Map<string, number> = new Map()

  async initialize(context: PluginContext): Promise<void> {
    context.events.on('session.created', this.onSessionCreated.bind(this))
    context.events.on('message.sent', this.onMessageSent.bind(this))
  }

  async shutdown(): Promise<void> {
    this.metrics.clear()
  }

  getTools(): Record<string, Tool> {
    return {
      'analytics.getMetrics': {
        description: 'Get analytics metrics',
        parameters: {
          type: 'object',
          properties: {
            metric: { type: 'string', description: 'Specific metric to retrieve' },
          },
        },
        execute: async (params: any) => {
          if (params.metric) return this.metrics.get(params.metric) || 0
          return Object.fromEntries(this.metrics)
        },
      },
      'analytics.trackEvent': {
        description: 'Track a custom analytics event',
        parameters: {
          type: 'object',
          properties: {
            event: { type: 'string', description: 'Event name' },
            value: { type: 'number', description: 'Event value' },
          },
          required: ['event'],
        },
        execute: async (params: any) => {
          const current = this.metrics.get(params.event) || 0
          this.metrics.set(params.event, current + (params.value || 1))
          return { success: true, event: params.event, value: this.metrics.get(params.event) }
        },
      },
    }
  }

  private onSessionCreated(_event: any): void {
    this.metrics.set('sessions.created', (this.metrics.get('sessions.created') || 0) + 1)
  }

  private onMessageSent(_event: any): void {
    this.metrics.set('messages.sent', (this.metrics.get('messages.sent') || 0) + 1)
  }
}

export class AdvancedAnalyticsPlugin implements Plugin {
  name = 'advanced-analytics'
  version = '1.0.0'
  dependencies = ['custom-analytics', 'cache']

  async initialize(context: PluginContext): Promise<void> {
    this.analyticsService = context.getPlugin('custom-analytics').getService()
    this.cacheService = context.getPlugin('cache').getService()
  }

  private analyticsService: any
  private cacheService: any

  getTools(): Record<string, Tool> {
    return {
      'analytics.predict': {
        description: 'Predict future trends based on historical data',
        parameters: {
          type: 'object',
          properties: {
            metric: { type: 'string', description: 'Metric to predict' },
            horizon: { type: 'number', description: 'Prediction horizon (days)' },
          },
          required: ['metric'],
        },
        execute: async (params: any) => {
          const cacheKey = `prediction:${params.metric}:${params.horizon}`
          const cached = await this.cacheService.get(cacheKey)
          if (cached) return cached
          const historical = await this.analyticsService.getMetrics(params.metric)
          const prediction = { from: historical, horizon: params.horizon }
          await this.cacheService.set(cacheKey, prediction, 3600)
          return prediction
        },
      },
    }
  }
}

/** A cache whose service is nothing but its tools. */
export class CachePlugin implements Plugin {
  name = 'cache'
  readonly entries = new Map<string, unknown>()
  readonly ttls: unknown[] = []

  getTools(): Record<string, Tool> {
    return {
      'cache.get': {
        parameters: { type: 'object', properties: { key: { type: 'string' } } },
        execute: async ({ key }: any) => this.entries.get(key) ?? null,
      },
      'cache.set': {
        parameters: {
          type: 'object',
          properties: { key: { type: 'string' }, value: {}, ttl: { type: 'number' } },
        },
        execute: async ({ key, value, ttl }: any) => {
          this.entries.set(key, value)
          this.ttls.push(ttl)
        },
      },
    }
  }
}

export class EventDrivenPlugin implements Plugin {
  name = 'event-driven'
  version = '1.0.0'
  private context?: PluginContext

  async initialize(context: PluginContext): Promise<void> {
    context.events.on('session.created', this.handleSessionCreated.bind(this))
    context.events.on('tool.executed', this.handleToolExecuted.bind(this))
    context.events.emit('plugin.initialized', { plugin: this.name })
  }

  private handleSessionCreated(event: any): void {
    this.context?.events.emit('analytics.session_created', { sessionId: event.sessionId })
  }

  private handleToolExecuted(event: any): void {
    this.context?.events.emit('analytics.tool_usage', { tool: event.tool, success: event.success })
  }
}

export class DataProducerPlugin implements Plugin {
  name = 'data-producer'

  async initialize(context: PluginContext): Promise<void> {
    setInterval(() => {
      context.events.emit('data.produced', { source: 'data-producer', data: { value: 2 } })
    }, 5000)
  }
}

export class DataConsumerPlugin implements Plugin {
  name = 'data-consumer'
  private consumedData: any[] = []

  async initialize(context: PluginContext): Promise<void> {
    context.events.on('data.produced', this.handleDataProduced.bind(this))
  }

  private handleDataProduced(event: any): void {
    this.consumedData.push(event.data)
  }

  getTools(): Record<string, Tool> {
    return {
      'consumer.getStats': {
        description: 'Get consumption statistics',
        parameters: {},
        execute: async () => ({
          totalConsumed: this.consumedData.length,
          averageValue:
            this.consumedData.reduce((sum, item) => sum + item.value, 0) / this.consumedData.length,
        }),
      },
    }
  }
}
