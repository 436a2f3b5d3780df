import { ok } from '@agentproxy/plugin'
import type { PluginStateChange } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { fileChange, taskEnd } from '../testing/payloads.ts'
import { createTestHost, plugin } from '../testing/test-host.ts'

function hostWithLimit(maxConsecutiveFailures: number) {
  const host = createTestHost({ maxConsecutiveFailures })
  const disabled: string[] = []
  host.manager.on('plugin.disabled', (name, { message }) => void disabled.push(`${name}: ${message}`))
  const status = (name: string) => host.manager.getPlugin(name).status
  const run = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      await host.manager.live.hooks['file.change']?.(fileChange)
      await host.manager.live.hooks['task.complete']?.(taskEnd)
    }
    // Changes run one after another: this waits for a disabling that was asked for.
    await host.manager.unloadPlugin('none').catch(() => {})
  }
  return { ...host, disabled, run, status }
}

const throwing = (): never => {
  throw new Error('no disk')
}

describe('a plugin whose handler keeps failing', () => {
  it.each(['file.change', 'task.complete'] as const)(
    'is disabled with those that need it, and tells why (%s)',
    async (hook) => {
      const { manager, disabled, run, status } = hostWithLimit(3)
      const states: PluginStateChange[] = []
      const steps: string[] = []
      await manager.loadPlugin(
        plugin('watch', (ctx) => void ctx.hook('plugin.state', (change) => void states.push(change))),
      )
      await manager.loadPlugin(
        plugin('bad', (ctx) => {
          ctx.hook(hook, throwing)
          ctx.onDispose(() => steps.push('bad is gone'))
        }),
      )
      await manager.loadPlugin(
        plugin('top', (ctx) => void ctx.onDispose(() => steps.push('top is gone')), ['bad']),
      )
      await run(2)
      expect(status('bad')).toBe('active')
      await run(1)
      expect([status('bad'), status('top'), status('watch')]).toEqual(['disabled', 'disabled', 'active'])
      expect(steps).toEqual(['top is gone', 'bad is gone'])
      const what = `its hook ${hook} failed 3 times in a row`
      expect(disabled).toEqual([
        `top: plugin top needs plugin bad, which was disabled: ${what}`,
        `bad: plugin bad was disabled: ${what}, at last with: plugin bad (generation 1), hook ${hook}: failed: no disk; mend it and reload it`,
      ])
      expect(manager.getPlugin('bad')).toMatchObject({ code: 'PLUGIN_DISABLED', hooks: [] })
      expect(states.filter(({ state }) => state === 'disabled').map((one) => one.plugin)).toEqual([
        'top',
        'bad',
      ])
      expect(manager.live.hooks[hook]).toBeNull()
      expect(await manager.healthCheck()).toMatchObject({
        status: 'warn',
        plugins: { bad: { status: 'warn' } },
      })
    },
  )

  it('stays when it succeeds now and then, also over a change of other plugins', async () => {
    const { manager, disabled, run, failures } = hostWithLimit(3)
    let calls = 0
    const flaky = async () => {
      calls += 1
      if (calls % 3 !== 0) throw new Error('flaky')
      return ok()
    }
    await manager.loadPlugin(
      plugin('flaky', (ctx) => {
        ctx.hook('file.change', flaky)
        ctx.hook('task.complete', () => {})
      }),
    )
    await run(10)
    expect(failures.length).toBe(7)
    expect(disabled).toEqual([])
    await manager.loadPlugin(plugin('always', (ctx) => void ctx.hook('task.complete', throwing)))
    await run(2)
    await manager.loadPlugin(plugin('other'))
    await run(1)
    expect(disabled).toHaveLength(1)
    expect(disabled[0]).toContain('plugin always was disabled')
  })

  it('stays where a handler of it, or of one that needs it, blocks on failure', async () => {
    const { manager, disabled, run, status, log } = hostWithLimit(2)
    await manager.loadPlugin(plugin('bad', (ctx) => void ctx.hook('task.complete', throwing)))
    const guard = plugin('guard', (ctx) => void ctx.hook('file.change', throwing, { onError: 'block' }), [
      'bad',
    ])
    await manager.loadPlugin(guard)
    await run(5)
    expect([status('bad'), status('guard'), disabled]).toEqual(['active', 'active', []])
    expect(await manager.live.hooks['file.change']?.(fileChange)).toMatchObject({ blocked: true })
    expect(log.filter(({ message }) => message.includes('is not disabled'))).toHaveLength(2)
  })

  it('comes back with a reload, with a count of its own', async () => {
    const { manager, disabled, run, status } = hostWithLimit(3)
    await manager.loadPlugin(plugin('bad', (ctx) => void ctx.hook('file.change', throwing)))
    await run(3)
    expect(status('bad')).toBe('disabled')
    expect(await manager.reloadPlugin('bad')).toMatchObject({ status: 'active', generation: 2, reason: null })
    await run(2)
    expect(status('bad')).toBe('active')
    await run(1)
    expect(disabled).toHaveLength(2)
    await manager.unloadPlugin('bad')
    expect(status('bad')).toBe('unloaded')
  })

  it('stays for ever where the limit is infinite', async () => {
    const { manager, run, status } = hostWithLimit(Infinity)
    await manager.loadPlugin(plugin('bad', (ctx) => void ctx.hook('file.change', throwing)))
    await run(50)
    expect(status('bad')).toBe('active')
  })
})
