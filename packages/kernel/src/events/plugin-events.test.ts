import type { PluginContext } from '@agentproxy/plugin'
import { expect, it } from 'vitest'
import { createTestHost, plugin } from '../testing/test-host.ts'

const rejects = (): unknown => Promise.reject(new Error('async'))

it('carries events from plugin to plugin, and ends subscriptions with their plugin', async () => {
  const { manager } = createTestHost()
  let producer: PluginContext | undefined
  const heard: unknown[] = []
  const ended = (): void => void heard.push('ended')
  await manager.loadPlugin(plugin('producer', (ctx) => void (producer = ctx)))
  await manager.loadPlugin(
    plugin('consumer', (ctx) => {
      ctx.events.on('number.drawn', (event) => void heard.push(['on', event]))
      ctx.events.once('number.drawn', (event) => void heard.push(['once', event]))
      ctx.events.on('number.drawn', ended)
      ctx.events.off('number.drawn', ended)
      ctx.events.on('number.drawn', () => void heard.push('undone'))[Symbol.dispose]()
    }),
  )
  producer?.events.emit('number.drawn', 1)
  producer?.events.emit('number.drawn', 2)
  expect(heard).toEqual([
    ['on', 1],
    ['once', 1],
    ['on', 2],
  ])
  await manager.unloadPlugin('consumer')
  producer?.events.emit('number.drawn', 3)
  expect(heard).toHaveLength(3)
  expect(manager.getPluginStatus().subscriptions).toBe(0)
})

it('keeps a failing listener from the emitter and the other listeners', async () => {
  const { manager, failures } = createTestHost()
  let heard = 0
  let emit: (() => void) | undefined
  await manager.loadPlugin(
    plugin('bad', (ctx) => {
      ctx.events.on('tick', () => {
        throw new Error('sync')
      })
      ctx.events.on('tick', rejects)
    }),
  )
  await manager.loadPlugin(
    plugin('good', (ctx) => {
      ctx.events.on('tick', () => void (heard += 1))
      emit = () => ctx.events.emit('tick', null)
    }),
  )
  emit?.()
  await new Promise((resolve) => setImmediate(resolve))
  expect(heard).toBe(1)
  expect(failures).toEqual([
    'plugin bad (generation 1), listener of tick: failed: sync',
    'plugin bad (generation 1), listener of tick: failed: async',
  ])
})

it('hears each event once across a reload', async () => {
  const { manager } = createTestHost()
  let emit: ((value: number) => void) | undefined
  const heard: string[] = []
  await manager.loadPlugin(plugin('source', (ctx) => void (emit = (value) => ctx.events.emit('tick', value))))
  await manager.loadPlugin(
    plugin('sink', (ctx) => {
      ctx.events.on('tick', (value) => void heard.push(`${ctx.generation}:${String(value)}`))
      if (ctx.generation === 2) emit?.(1)
    }),
  )
  await manager.reloadPlugin('sink')
  emit?.(2)
  expect(heard).toEqual(['1:1', '2:2'])
})

it('drops what an unloaded plugin emits, with one warning', async () => {
  const { manager, log } = createTestHost()
  const heard: unknown[] = []
  let gone: PluginContext | undefined
  await manager.loadPlugin(
    plugin('sink', (ctx) => void ctx.events.on('tick', (event) => void heard.push(event))),
  )
  await manager.loadPlugin(plugin('gone', (ctx) => void (gone = ctx)))
  await manager.unloadPlugin('gone')
  for (let count = 0; count < 3; count += 1) gone?.events.emit('tick', count)
  expect(heard).toEqual([])
  expect(log.filter(({ level, fields }) => level === 'warn' && fields['plugin'] === 'gone')).toHaveLength(1)
})
