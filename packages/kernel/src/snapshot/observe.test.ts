import { expect, it } from 'vitest'
import { taskEnd } from '../testing/payloads.ts'
import { createGate, createTestHost, hangs, plugin } from '../testing/test-host.ts'
import { MAX_PENDING_RUNS } from './observe.ts'

it('runs observers in parallel and settles when all have', async () => {
  const { manager } = createTestHost()
  const done: string[] = []
  await manager.loadPlugin(
    plugin('slow', (ctx) => {
      ctx.hook('task.complete', async () => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        done.push('slow')
      })
      ctx.hook('task.complete', async () => void done.push('quick'))
    }),
  )
  const pending = manager.live.hooks['task.complete']?.(taskEnd)
  expect(done).toEqual(['quick'])
  await pending
  expect(done).toEqual(['quick', 'slow'])
})

it('makes no promise for synchronous observers', async () => {
  const { manager } = createTestHost()
  await manager.loadPlugin(plugin('sync', (ctx) => void ctx.hook('task.complete', () => {})))
  expect(manager.live.hooks['task.complete']?.(taskEnd)).toBeUndefined()
})

it("keeps one observer's failure from the others and from the caller", async () => {
  const { manager, failures } = createTestHost()
  let heard = 0
  await manager.loadPlugin(
    plugin('mixed', (ctx) => {
      ctx.hook('task.complete', () => {
        throw new Error('sync')
      })
      ctx.hook('task.complete', () => Promise.reject(new Error('async')))
      ctx.hook('task.complete', hangs, { timeoutMs: 10 })
      ctx.hook('task.complete', () => void (heard += 1))
    }),
  )
  await manager.live.hooks['task.complete']?.(taskEnd)
  expect(heard).toBe(1)
  expect(failures).toHaveLength(3)
  expect(manager.getPlugin('mixed').counters.failures).toBe(3)
})

it('drops and counts runs beyond the bound, and recovers', async () => {
  const { manager } = createTestHost()
  const gate = createGate()
  let heard = 0
  await manager.loadPlugin(
    plugin('stuck', (ctx) => {
      ctx.hook('task.complete', () => {
        heard += 1
        return gate.promise
      })
    }),
  )
  const runs = Array.from({ length: MAX_PENDING_RUNS + 7 }, () =>
    manager.live.hooks['task.complete']?.(taskEnd),
  )
  expect(heard).toBe(MAX_PENDING_RUNS)
  expect(manager.getPluginStatus().droppedObservations).toEqual({ 'task.complete': 7 })
  gate.open()
  for (const run of runs) await run
  await manager.live.hooks['task.complete']?.(taskEnd)
  expect(heard).toBe(MAX_PENDING_RUNS + 1)
})
