import { block, modify } from '@agentproxy/plugin'
import type { Plugin, TaskStart } from '@agentproxy/plugin'
import { afterEach, expect, it, vi } from 'vitest'
import {
  AdvancedAnalyticsPlugin,
  CachePlugin,
  CustomAnalyticsPlugin,
  DataConsumerPlugin,
  DataProducerPlugin,
  EventDrivenPlugin,
} from '../testing/class-plugins.ts'
import { taskStart } from '../testing/payloads.ts'
import { createTestHost, plugin, tempFolder } from '../testing/test-host.ts'

afterEach(() => void vi.useRealTimers())

it('runs a class with tools and events, and shuts it down', async () => {
  const { manager } = createTestHost()
  let emit: ((name: string) => void) | undefined
  await manager.loadPlugin(plugin('sessions', (ctx) => void (emit = (name) => ctx.events.emit(name, {}))))
  const info = await manager.loadPlugin(new CustomAnalyticsPlugin())
  expect(Object.keys(info.getTools())).toEqual(['analytics.getMetrics', 'analytics.trackEvent'])
  for (const name of ['session.created', 'session.created', 'message.sent']) emit?.(name)
  expect(await manager.executeTool('analytics.getMetrics', { metric: 'sessions.created' })).toBe(2)
  expect(await manager.executeTool('analytics.trackEvent', { event: 'x', value: 4 })).toMatchObject({
    value: 4,
  })
  await expect(manager.executeTool('analytics.trackEvent', {})).rejects.toThrow('event: is required')
  await manager.unloadPlugin('custom-analytics')
  expect(Object.keys(manager.getAllTools())).toEqual([])
})

it('offers the tools of a class as its service, with arguments in the order of the schema', async () => {
  const { manager } = createTestHost()
  const cache = new CachePlugin()
  for (const one of [cache, new CustomAnalyticsPlugin(), new AdvancedAnalyticsPlugin()])
    await manager.loadPlugin(one)
  await manager.executeTool('analytics.trackEvent', { event: 'sales', value: 7 })
  const predicted = await manager.executeTool('analytics.predict', { metric: 'sales', horizon: 3 })
  expect(predicted).toEqual({ from: 7, horizon: 3 })
  await manager.executeTool('analytics.trackEvent', { event: 'sales', value: 1 })
  expect(await manager.executeTool('analytics.predict', { metric: 'sales', horizon: 3 })).toEqual(predicted)
  expect([[...cache.entries.keys()], cache.ttls]).toEqual([['prediction:sales:3'], [3600]])
  const service = manager.getPlugin('cache').getService() as Record<
    string,
    (...args: readonly unknown[]) => unknown
  >
  await service['set']?.({ key: 'whole', value: 1 })
  await service['cache.set']?.('object', { key: 'not all of these are parameters', other: 1 })
  expect(await service['get']?.('whole')).toBe(1)
  expect(await service['get']?.('object')).toMatchObject({ other: 1 })
})

it('lets a class react to events and emit its own', async () => {
  const { manager } = createTestHost()
  const heard: string[] = []
  await manager.loadPlugin(
    plugin('sink', (ctx) => {
      for (const name of ['plugin.initialized', 'analytics.session_created', 'analytics.tool_usage'])
        ctx.events.on(name, (event) => void heard.push(`${name} ${JSON.stringify(event)}`))
      ctx.tool('sink.emit', {
        description: 'emits',
        parameters: {},
        execute: () => ctx.events.emit('session.created', { sessionId: 's1', timestamp: 0 }),
      })
    }),
  )
  await manager.loadPlugin(new EventDrivenPlugin())
  await manager.executeTool('sink.emit')
  expect(heard).toEqual([
    'plugin.initialized {"plugin":"event-driven"}',
    'analytics.session_created {"sessionId":"s1"}',
    'analytics.tool_usage {"tool":"sink.emit","success":true}',
  ])
})

it('carries data from a producer class to a consumer class, until the producer goes', async () => {
  vi.useFakeTimers()
  const { manager, log } = createTestHost()
  await manager.loadPlugin(new DataProducerPlugin())
  await manager.loadPlugin(new DataConsumerPlugin())
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await manager.executeTool('consumer.getStats')).toEqual({ totalConsumed: 2, averageValue: 2 })
  await manager.unloadPlugin('data-producer')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(await manager.executeTool('consumer.getStats')).toMatchObject({ totalConsumed: 2 })
  expect(log.filter(({ fields }) => fields['plugin'] === 'data-producer')).toHaveLength(1)
})

it('picks up hook methods under each of their names, with the class as this', async () => {
  const { manager } = createTestHost()
  class Fleet {
    name = 'fleet'
    word = 'forbidden'
    heard: string[] = []
    hook_on_task_start({ prompt }: TaskStart) {
      return prompt.includes(this.word) ? block('not here') : modify({ prompt: `${prompt}, and test it` })
    }
    on_task_complete() {
      this.heard.push('complete')
    }
    onFileChange() {
      this.heard.push('change')
      return { action: 'continue' }
    }
    getService() {
      return this.heard
    }
  }
  await manager.loadPlugin(new Fleet() as Plugin)
  expect(manager.getPlugin('fleet').hooks).toEqual(['task.start', 'task.complete', 'file.change'])
  const start = manager.live.hooks['task.start']
  expect(await start?.(taskStart)).toMatchObject({ payload: { prompt: 'fix it, and test it' } })
  expect(await start?.({ ...taskStart, prompt: 'forbidden' })).toMatchObject({
    blocked: true,
    plugin: 'fleet',
  })
})

it('reloads a class with a new instance, and shuts each instance down once', async () => {
  const { manager } = createTestHost()
  const calls: string[] = []
  let made = 0
  class Counted implements Plugin {
    name = 'counted'
    id = (made += 1)
    initialize() {
      calls.push(`initialize ${this.id}`)
    }
    shutdown() {
      calls.push(`shutdown ${this.id}`)
    }
  }
  await manager.loadPlugin(new Counted())
  await manager.reloadPlugin('counted')
  await manager.unloadPlugin('counted')
  expect(calls).toEqual(['initialize 1', 'initialize 2', 'shutdown 1', 'shutdown 2'])
})

it('initialises the same instance again where it cannot be constructed anew', async () => {
  const { manager } = createTestHost()
  const calls: string[] = []
  const literal: Plugin = {
    name: 'literal',
    initialize: () => void calls.push('initialize'),
    shutdown: () => void calls.push('shutdown'),
  }
  await manager.loadPlugin(literal)
  await manager.reloadPlugin('literal')
  expect(calls).toEqual(['initialize', 'initialize'])
  await manager.unloadPlugin('literal')
  expect(calls).toEqual(['initialize', 'initialize', 'shutdown'])
})

it('passes a class its configuration as it is', async () => {
  const { manager } = createTestHost()
  class Configured implements Plugin {
    name = 'configured'
    config: unknown = null
    initialize(context: { readonly config: unknown }) {
      this.config = context.config
    }
    getService() {
      return this.config
    }
  }
  await manager.loadPlugin(new Configured(), { config: { a: 1 } })
  await manager.configurePlugin('configured', { retentionPeriod: 60 })
  expect(manager.getPlugin('configured').getService()).toEqual({ retentionPeriod: 60 })
  await expect(manager.configurePlugin('configured', 'text')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})

it('refuses a tool that could not act', async () => {
  const { manager } = createTestHost()
  const hollow: Plugin = { name: 'hollow', getTools: () => ({ 'hollow.work': { description: 'nothing' } }) }
  await expect(manager.loadPlugin(hollow)).rejects.toThrow('tool hollow.work has no execute function')
})

it('loads a class from a TypeScript file that imports the contract for its types only', async () => {
  const { manager } = createTestHost()
  const folder = await tempFolder({
    'focused.ts': `
import { Plugin, ClassPluginContext, Tool } from '@agentproxy/plugin'
export class FocusedPlugin implements Plugin {
  name = 'focused-analytics'
  private context?: ClassPluginContext
  async initialize(context: ClassPluginContext): Promise<void> { this.context = context }
  getTools(): Record<string, Tool> {
    return { 'focused.singleOperation': { description: 'Does one thing', execute: async () => ({ by: this.context?.name }) } }
  }
}`,
  })
  await manager.loadPlugin(`${folder}/focused.ts`)
  expect(await manager.executeTool('focused.singleOperation')).toEqual({ by: 'focused-analytics' })
})
