import { describe, expect, it } from 'vitest'
import { createGate, createTestHost, hangs, plugin } from '../testing/test-host.ts'

const poll = (read: () => unknown) => expect.poll(read, { timeout: 10_000, interval: 5 })
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('an interval task', () => {
  it('runs at once when the plugin is active, then at intervals, and is seen in the status', async () => {
    const { manager } = createTestHost()
    let runs = 0
    let activeAtFirst = false
    await manager.loadPlugin(
      plugin('a', async (ctx) => {
        ctx.task('tick', { everyMs: 10, jitterMs: 5 }, () => {
          activeAtFirst ||= manager.getPlugin('a').status === 'active'
          runs += 1
        })
        await pause(30)
        expect(runs).toBe(0)
      }),
    )
    await poll(() => runs).toBeGreaterThan(3)
    expect(activeAtFirst).toBe(true)
    const [status] = manager.getPluginStatus().plugins[0]?.tasks ?? []
    expect(status).toMatchObject({
      name: 'tick',
      schedule: 'every 10 ms',
      running: false,
      failures: 0,
      lastError: null,
    })
    expect(status?.runs).toBe(runs)
    expect(status?.lastRunAt).toBeGreaterThan(0)
    expect(status?.lastDurationMs).toBeGreaterThanOrEqual(0)
    expect(status?.nextRunAt).toBeGreaterThanOrEqual(status?.lastRunAt ?? 0)
  })

  it('waits for its first run where asked to', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(
      plugin('a', (ctx) => void ctx.task('later', { everyMs: 3_600_000, skipInitialRun: true }, hangs)),
    )
    await pause(30)
    const [status] = manager.getPlugin('a').tasks
    expect(status).toMatchObject({ runs: 0, lastRunAt: null })
    expect(status?.nextRunAt).toBeGreaterThan(Date.now() + 3_500_000)
  })

  it('never overlaps itself, however long a run takes, also over a reload', async () => {
    const { manager } = createTestHost()
    let now = 0
    let most = 0
    let runs = 0
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.task('slow', { everyMs: 1 }, async () => {
          now += 1
          most = Math.max(most, now)
          await pause(15)
          now -= 1
          runs += 1
        })
      }),
    )
    for (let round = 0; round < 5; round += 1) {
      await pause(20)
      await manager.reloadPlugin('a')
    }
    await poll(() => runs).toBeGreaterThan(5)
    expect(most).toBe(1)
  })

  it('backs off while it fails, tells why, and recovers', async () => {
    const { manager, failures } = createTestHost()
    const starts: number[] = []
    let works = false
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.task('fragile', { everyMs: 20 }, () => {
          starts.push(performance.now())
          if (works) return true
          if (starts.length % 2 === 0) return false
          throw new Error('no disk')
        })
      }),
    )
    await poll(() => starts.length).toBe(4)
    const waits = starts.slice(1).map((at, index) => at - (starts[index] ?? 0))
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThan(20 * 2 ** (index + 1) - 2)
    expect(failures).toEqual([
      'plugin a (generation 1), task fragile: failed: no disk',
      'plugin a (generation 1), task fragile: returned false',
      'plugin a (generation 1), task fragile: failed: no disk',
      'plugin a (generation 1), task fragile: returned false',
    ])
    expect(manager.getPlugin('a').tasks[0]).toMatchObject({ failures: 4, lastError: failures[3] })
    works = true
    await poll(() => manager.getPlugin('a').tasks[0]?.lastError).toBe(null)
    await poll(() => starts.length).toBeGreaterThan(7)
    expect(failures).toHaveLength(4)
  })

  it('counts a run that takes too long as failed, aborts it, and waits for its end', async () => {
    const { manager, failures } = createTestHost()
    const gate = createGate()
    let runs = 0
    let aborted = false
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.task('stuck', { everyMs: 1, timeoutMs: 10 }, async ({ signal }) => {
          runs += 1
          if (runs > 1) return
          await gate.promise
          aborted = signal.aborted
          throw new Error('of no interest after the time limit')
        })
      }),
    )
    await poll(() => failures).toEqual(['plugin a (generation 1), task stuck: took longer than 10 ms'])
    await pause(30)
    expect(runs).toBe(1)
    expect(manager.getPlugin('a').tasks[0]).toMatchObject({ running: true, failures: 1 })
    gate.open()
    await poll(() => runs).toBeGreaterThan(1)
    expect(aborted).toBe(true)
    expect(failures).toHaveLength(1)
  })

  it('ends with the plugin, which waits for the run under way and aborts its signal', async () => {
    const { manager, failures } = createTestHost()
    const steps: string[] = []
    let runs = 0
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.onDispose(() => steps.push('disposed'))
        ctx.task('work', { everyMs: 1 }, async ({ signal }) => {
          runs += 1
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          await pause(10)
          steps.push('ended')
          throw signal.reason
        })
      }),
    )
    await poll(() => runs).toBe(1)
    await manager.unloadPlugin('a')
    expect(steps).toEqual(['ended', 'disposed'])
    await pause(20)
    expect([runs, failures]).toEqual([1, []])
    expect(manager.getPlugin('a').tasks).toEqual([])
  })

  it('can be added and taken back while the plugin lives, and holds no process open', async () => {
    const { manager } = createTestHost()
    const added: { end(): void }[] = []
    let runs = 0
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.tool('a.begin', {
          description: 'adds the task',
          parameters: {},
          execute: () => {
            const task = ctx.task('late', { everyMs: 20 }, () => void (runs += 1))
            added.push({ end: () => task[Symbol.dispose]() })
          },
        })
      }),
    )
    const before = timers()
    await manager.executeTool('a.begin')
    expect(timers()).toBe(before)
    await poll(() => runs).toBeGreaterThan(1)
    added[0]?.end()
    const stopped = runs
    await pause(60)
    expect(runs).toBe(stopped)
    expect(manager.getPlugin('a').tasks).toEqual([])
  })

  it.each([
    [{ everyMs: 0 }, 'everyMs is 0; it must be from 1 to 2147483647 milliseconds'],
    [{ everyMs: Number.NaN }, 'everyMs is NaN'],
    [{ everyMs: 1, jitterMs: -1 }, 'jitterMs is -1'],
    [{ everyMs: 1, timeoutMs: 2 ** 31 }, 'timeoutMs is 2147483648'],
  ])('refuses a schedule it cannot keep: %o', async (schedule, words) => {
    const { manager } = createTestHost()
    const bad = plugin('a', (ctx) => void ctx.task('odd', schedule, () => {}))
    const error: unknown = await manager.loadPlugin(bad).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID' })
    expect((error as Error).message).toContain(words)
  })

  it('needs a name of its own', async () => {
    const { manager } = createTestHost()
    const twice = plugin('a', (ctx) => {
      ctx.task('same', { everyMs: 1000 }, () => {})
      ctx.task('same', { everyMs: 1000 }, () => {})
    })
    await expect(manager.loadPlugin(twice)).rejects.toThrow('plugin a has a task same already')
  })
})

describe('a host whose tasks begin later', () => {
  it('runs none before, and none after it is told to stop', async () => {
    const { manager } = createTestHost({ runTasks: false })
    let [runs, aborted] = [0, false]
    const load = (name: string) =>
      manager.loadPlugin(
        plugin(
          name,
          (ctx) =>
            void ctx.task('t', { everyMs: 10 }, async ({ signal }) => {
              runs += 1
              await new Promise((resolve) => signal.addEventListener('abort', resolve))
              aborted = true
            }),
        ),
      )
    await load('one')
    await pause(30)
    expect(runs).toBe(0)
    await manager.startTasks()
    await load('two')
    await poll(() => runs).toBe(2)
    await manager.stopTasks()
    await poll(() => aborted).toBe(true)
    await manager.reloadPlugin('two')
    await pause(50)
    expect(runs).toBe(2)
  })
})
