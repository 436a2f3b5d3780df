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
