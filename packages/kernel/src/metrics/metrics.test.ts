import { expect, it } from 'vitest'
import { fileChange, taskEnd } from '../testing/payloads.ts'
import { createTestHost, plugin } from '../testing/test-host.ts'
import { CallStats } from './call-stats.ts'
import type { PluginAlert } from './alert-monitor.ts'

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

it('sorts times into buckets, the slowest into one without a limit', () => {
  const stats = new CallStats()
  for (const ms of [0.5, 1, 1.5, 20, 2500, 60_000]) stats.record(ms, ms < 60_000)
  const { histogram, ...sums } = stats.read()
  expect(sums).toEqual({ calls: 6, errors: 1, totalMs: 62_523, maxMs: 60_000 })
  expect(histogram.filter(({ calls }) => calls > 0)).toEqual([
    { upToMs: 1, calls: 2 },
    { upToMs: 5, calls: 1 },
    { upToMs: 25, calls: 1 },
    { upToMs: 2500, calls: 1 },
    { upToMs: null, calls: 1 },
  ])
})

const busy = plugin('busy', (ctx) => {
  ctx.tool('busy.work', {
    description: 'takes a while',
    parameters: {},
    execute: async ({ bad }) => {
      await pause(5)
      if (bad === true) throw new Error('bad')
    },
  })
  ctx.task('tick', { everyMs: 3_600_000 }, () => false)
  ctx.hook('task.complete', async () => pause(5))
  ctx.hook('file.change', () => {
    throw new Error('no')
  })
})

it('counts tools and tasks by plugin, over its generations, and hooks only while monitored', async () => {
  for (const enabled of [false, true]) {
    const { manager } = createTestHost({ monitoring: { enabled } })
    await manager.loadPlugin(busy)
    await manager.executeTool('busy.work')
    await manager.reloadPlugin('busy')
    await manager.executeTools([{ tool: 'busy.work' }, { tool: 'busy.work', parameters: { bad: true } }])
    await manager.live.hooks['task.complete']?.(taskEnd)
    await manager.live.hooks['file.change']?.(fileChange)
    await expect.poll(() => manager.getPluginMetrics()['busy']?.tasks['tick']?.calls).toBeGreaterThan(0)
    const metrics = manager.getPluginMetrics()['busy']
    const tool = metrics?.tools['busy.work']
    expect(tool).toMatchObject({ calls: 3, errors: 1 })
    expect(tool?.maxMs).toBeGreaterThan(3)
    expect(tool?.totalMs).toBeGreaterThan(tool?.maxMs ?? 0)
    expect(tool?.histogram.reduce((sum, { calls }) => sum + calls, 0)).toBe(3)
    const tick = metrics?.tasks['tick']
    expect(tick?.errors).toBe(tick?.calls)
    if (!enabled) expect(metrics?.hooks).toEqual({})
    else {
      expect(metrics?.hooks['task.complete']).toMatchObject({ calls: 1, errors: 0 })
      expect(metrics?.hooks['task.complete']?.totalMs).toBeGreaterThan(3)
      expect(metrics?.hooks['file.change']).toMatchObject({ calls: 1, errors: 1 })
    }
    const hookCalls = enabled ? 2 : 0
    expect(metrics?.calls).toBe(3 + (tick?.calls ?? 0) + hookCalls)
  }
})

it('raises an alert once for each crossing of a threshold', async () => {
  const { manager, log } = createTestHost({
    monitoring: {
      enabled: true,
      metricsInterval: 10,
      alertThresholds: { errorRate: 0.5, responseTime: 60_000, memoryUsage: 1 },
    },
  })
  const alerts: [string | null, PluginAlert][] = []
  manager.on('plugin.alert', (...alert) => void alerts.push(alert))
  const rates = () => alerts.filter(([, { threshold }]) => threshold === 'errorRate').length
  let works = false
  await manager.loadPlugin(
    plugin('a', (ctx) => {
      ctx.tool('a.try', {
        description: 'may fail',
        parameters: {},
        execute: () => {
          if (!works) throw new Error('no')
        },
      })
    }),
  )
  const call = () => manager.executeTools([{ tool: 'a.try' }])
  const callAndCount = async () => {
    await call()
    return rates()
  }
  const callUntilAlert = (count: number) =>
    expect.poll(callAndCount, { timeout: 10_000, interval: 5 }).toBe(count)
  await callUntilAlert(1)
  for (let round = 0; round < 5; round += 1) {
    await call()
    await pause(12)
  }
  expect(rates()).toBe(1)
  works = true
  for (let round = 0; round < 40; round += 1) {
    await call()
    await pause(2)
  }
  works = false
  await callUntilAlert(2)
  expect(alerts.find(([name]) => name === 'a')?.[1]).toEqual({
    threshold: 'errorRate',
    value: 1,
    limit: 0.5,
  })
  expect(alerts.filter(([, { threshold }]) => threshold === 'memoryUsage')).toHaveLength(1)
  expect(alerts.map(([, { threshold }]) => threshold)).not.toContain('responseTime')
  expect(log.filter(({ message }) => message === 'a threshold is crossed')).toHaveLength(3)
})

it('tells what somebody who looks for a fault wants to see', async () => {
  const { manager } = createTestHost({ hotReload: true })
  await manager.loadPlugin(busy)
  const pending = manager.executeTool('busy.work')
  await Promise.resolve()
  const info = manager.getDebugInfo()
  expect(info.running).toMatchObject({ busy: 1 })
  expect(info.status.plugins.map(({ name }) => name)).toEqual(['busy'])
  expect(info.watchedFolders).toBe(0)
  expect(info.memory.rss).toBeGreaterThan(0)
  await pending
  expect(manager.getDebugInfo().metrics['busy']?.tools['busy.work']?.calls).toBe(1)
})
