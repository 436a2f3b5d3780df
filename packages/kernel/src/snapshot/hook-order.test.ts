import type { TaskStart } from '@agentproxy/plugin'
import { expect, it } from 'vitest'
import { createTestHost, plugin } from '../testing/test-host.ts'

it('tells the order in which handlers are really called', async () => {
  const { manager } = createTestHost()
  const called: string[] = []
  const hearing = (
    name: string,
    orders: readonly ('pre' | 'normal' | 'post')[],
    needs: readonly string[] = [],
  ) =>
    plugin(
      name,
      (ctx) => {
        for (const order of orders)
          ctx.hook('task.start', () => void called.push(name), { order, timeoutMs: 70 })
      },
      needs,
    )
  await manager.loadPlugin(hearing('c', ['post', 'normal']))
  await manager.loadPlugin(hearing('b', ['normal']))
  await manager.loadPlugin(hearing('a', ['pre', 'normal'], ['b']))
  await manager.live.hooks['task.start']?.({} as TaskStart)
  expect(called).toEqual(['a', 'c', 'b', 'a', 'c'])
  const order = manager.getHookOrder()
  expect(Object.keys(order)).toEqual(['task.start'])
  expect(order['task.start']?.map((handler) => handler.plugin)).toEqual(called)
  expect(order['task.start']?.[0]).toEqual({
    plugin: 'a',
    order: 'pre',
    timeoutMs: 70,
    onError: 'continue',
    needsAnswer: false,
    needsBody: false,
  })
})

it('a host that only looks runs no task, and knows the configuration and how long setup took', async () => {
  const { manager } = createTestHost({ runTasks: false })
  let runs = 0
  const config = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { size: 3 } }) },
  } as const
  await manager.loadPlugin({
    ...plugin('a', async (ctx) => {
      ctx.task('count', { everyMs: 1 }, () => void (runs += 1))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }),
    config,
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(runs).toBe(0)
  const info = manager.getPlugin('a')
  expect(info.getConfig()).toEqual({ size: 3 })
  expect(info.setupMs).toBeGreaterThan(10)
  expect(JSON.stringify(info)).not.toContain('size')
})
