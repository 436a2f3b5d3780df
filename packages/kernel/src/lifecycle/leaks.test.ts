import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { taskEnd } from '../testing/payloads.ts'
import { createTestHost, plugin } from '../testing/test-host.ts'

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

it('leaves no timer, listener or contribution behind after 100 reloads', async () => {
  const { manager } = createTestHost()
  await manager.loadPlugin(plugin('base', () => 'service'))
  await manager.loadPlugin(
    plugin(
      'busy',
      (ctx) => {
        const timer = setInterval(() => {}, 1000)
        ctx.onDispose(() => clearInterval(timer))
        ctx.events.on('session.created', () => {})
        ctx.hook('task.complete', async () => {})
        ctx.tool('busy.work', { description: 'waits', parameters: {}, execute: async () => ctx.generation })
        ctx.signal.addEventListener('abort', () => {})
      },
      ['base'],
    ),
  )
  const measure = () => ({ timers: timers(), subscriptions: manager.getPluginStatus().subscriptions })
  const before = measure()
  for (let round = 0; round < 100; round += 1) {
    await manager.reloadPlugin(round % 2 === 0 ? 'busy' : 'base')
    await manager.live.hooks['task.complete']?.(taskEnd)
    expect(await manager.executeTool('busy.work')).toBe(round + 2)
  }
  expect(measure()).toEqual(before)
  expect(before.subscriptions).toBe(1)
  await manager.shutdownAll()
  expect(measure()).toEqual({ timers: before.timers - 1, subscriptions: 0 })
})

it('lets replaced generations go, and counts those that somebody holds on to', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { manager } = createTestHost()
  const held: unknown[] = []
  await manager.loadPlugin(plugin('tidy', (ctx) => void ctx.onDispose(() => {})))
  await manager.loadPlugin(plugin('clinging', (ctx) => void held.push(ctx)))
  for (let round = 0; round < 10; round += 1) {
    await manager.reloadPlugin('tidy')
    await manager.reloadPlugin('clinging')
  }
  const retained = (name: string): number => {
    collect()
    return manager.getPlugin(name).retainedGenerations
  }
  await expect.poll(() => retained('tidy'), { timeout: 5000 }).toBeLessThanOrEqual(1)
  expect(retained('clinging')).toBe(10)
  expect(held).toHaveLength(11)
})
