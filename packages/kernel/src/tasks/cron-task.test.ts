import { describe, expect, it } from 'vitest'
import { createTestHost, plugin } from '../testing/test-host.ts'

describe('a cron task', () => {
  it('waits for its set time, comes once each time, and tells when it comes next', async () => {
    const { manager } = createTestHost()
    const runs: number[] = []
    await manager.loadPlugin(
      plugin(
        'a',
        (ctx) =>
          void ctx.task('tick', { cron: '* * * * * *', timeZone: 'UTC' }, () => void runs.push(Date.now())),
      ),
    )
    const [before] = manager.getPlugin('a').tasks
    expect(before).toMatchObject({ name: 'tick', schedule: '* * * * * * (UTC)', runs: 0, lastRunAt: null })
    expect((before?.nextRunAt ?? 1) % 1000).toBe(0)
    await expect.poll(() => runs.length, { timeout: 20_000 }).toBe(3)
    // A timer that is a millisecond early belongs to the second that comes.
    const seconds = runs.map((time) => Math.floor((time + 5) / 1000))
    expect(new Set(seconds).size).toBe(3)
  })

  it('begins at once where asked to, also when it is added after setup, and then keeps its times', async () => {
    const { manager } = createTestHost()
    let runs = 0
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.tool('a.begin', {
          description: 'adds the task',
          parameters: {},
          execute: () =>
            void ctx.task('late', { cron: '0 0 1 1 *', skipInitialRun: false }, () => void (runs += 1)),
        })
      }),
    )
    await manager.executeTool('a.begin')
    await expect.poll(() => runs).toBe(1)
    const [status] = manager.getPlugin('a').tasks
    const next = new Date(status?.nextRunAt ?? 0)
    expect([next.getMonth(), next.getDate(), next.getHours()]).toEqual([0, 1, 0])
  })

  it('whose pattern is wrong fails its plugin’s setup, by name', async () => {
    const { manager } = createTestHost()
    const bad = plugin('a', (ctx) => void ctx.task('odd', { cron: 'now and then' }, () => {}))
    await expect(manager.loadPlugin(bad)).rejects.toThrow('plugin a: task odd: "now and then"')
  })
})
