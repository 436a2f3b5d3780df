import { block, definePlugin, PluginError } from '@agentproxy/plugin'
import type { PluginContext, PluginDefinition, PluginStateChange } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { emptySnapshot } from '../snapshot/compile.ts'
import { fileChange } from '../testing/payloads.ts'
import { createGate, createTestHost, hangs, plugin } from '../testing/test-host.ts'

const tool = (value: unknown) => ({ description: 'gives a value', parameters: {}, execute: () => value })

const limited = (): PluginDefinition =>
  definePlugin({
    name: 'limited',
    version: '1.0.0',
    config: z.object({ max: z.int().positive().default(10) }),
    setup: (ctx) => ctx.config.max,
  })

describe('loading', () => {
  it('publishes nothing of a plugin before its setup has succeeded', async () => {
    const { manager } = createTestHost()
    let during = true
    await manager.loadPlugin(
      plugin('a', async (ctx) => {
        ctx.tool('a.get', tool(1))
        await Promise.resolve()
        during = manager.live.tools.has('a.get')
      }),
    )
    expect(during).toBe(false)
    expect(manager.live.tools.get('a.get')?.plugin).toBe('a')
    const failing = plugin('b', (ctx) => {
      ctx.tool('b.get', tool(1))
      throw new Error('no database')
    })
    await expect(manager.loadPlugin(failing)).rejects.toMatchObject({ code: 'SETUP_FAILED', plugin: 'b' })
    expect(manager.live.tools.has('b.get')).toBe(false)
    expect(manager.getPlugin('b')).toMatchObject({ status: 'failed', code: 'SETUP_FAILED', generation: 0 })
    expect(manager.getPlugin('b').reason).toContain('no database')
    expect(manager.getPlugin('a').status).toBe('active')
  })

  it('undoes what a failed setup began', async () => {
    const { manager } = createTestHost()
    let undone = false
    let signal: AbortSignal | undefined
    const failing = plugin('a', (ctx) => {
      signal = ctx.signal
      ctx.onDispose(() => (undone = true))
      throw new Error('no')
    })
    await expect(manager.loadPlugin(failing)).rejects.toThrow('plugin a failed in setup: no')
    expect([undone, signal?.aborted]).toEqual([true, true])
  })

  it('gives up on a setup that hangs, and refuses what it adds later', async () => {
    const { manager } = createTestHost({ setupTimeoutMs: 20 })
    let context: PluginContext | undefined
    const hanging = plugin('a', (ctx) => {
      context = ctx
      return hangs()
    })
    await expect(manager.loadPlugin(hanging)).rejects.toMatchObject({ code: 'SETUP_TIMEOUT' })
    expect(() => context?.tool('a.late', tool(1))).toThrow(PluginError)
    expect(manager.live).toEqual(emptySnapshot)
  })

  it('refuses a second plugin of a name, an odd name and another contract', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(plugin('a'))
    await expect(manager.loadPlugin(plugin('a'))).rejects.toMatchObject({ code: 'PLUGIN_DUPLICATE' })
    expect(manager.getPlugin('a').status).toBe('active')
    await expect(manager.loadPlugin(plugin('Not Kebab'))).rejects.toMatchObject({ code: 'PLUGIN_INVALID' })
    await expect(manager.loadPlugin({ ...plugin('b'), apiVersion: '2' })).rejects.toThrow('contract 2')
    expect(() => manager.getPlugin('aa')).toThrow('there is no plugin aa; did you mean a?')
  })

  it('refuses a name another plugin claimed, names both, and keeps the old state', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(plugin('first', (ctx) => void ctx.tool('shared.get', tool(1))))
    const before = manager.live
    const second = plugin('second', (ctx) => void ctx.tool('shared.get', tool(2)))
    const error: unknown = await manager.loadPlugin(second).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'CONTRIBUTION_CONFLICT' })
    expect((error as Error).message).toContain('by plugin first and by plugin second')
    expect(manager.live).toBe(before)
    expect(manager.getPlugin('second').status).toBe('failed')
  })

  it('lets a plugin add and take back while it lives', async () => {
    const { manager } = createTestHost()
    let context: PluginContext | undefined
    await manager.loadPlugin(plugin('other', (ctx) => void ctx.tool('taken.name', tool(0))))
    await manager.loadPlugin(plugin('a', (ctx) => void (context = ctx)))
    const undo = context?.hook('file.change', () => block('no'))
    const snapshot = manager.live
    expect(snapshot.hooks['file.change']?.(fileChange)).toMatchObject({ blocked: true })
    undo?.[Symbol.dispose]()
    expect(manager.live.hooks['file.change']).toBeNull()
    expect(snapshot.hooks['file.change']?.(fileChange)).toMatchObject({ blocked: true })
    expect(() => context?.tool('taken.name', tool(1))).toThrow(/claimed by plugin other and by plugin a/)
    expect(manager.getPlugin('a').tools).toEqual([])
  })

  it('tells listeners and the plugin.state hook', async () => {
    const { manager } = createTestHost()
    const heard: PluginStateChange[] = []
    const events: string[] = []
    manager.on('plugin.loaded', (name) => void events.push(`loaded ${name}`))
    manager.on('plugin.reloaded', (name) => void events.push(`reloaded ${name}`))
    manager.on('plugin.unloaded', (name) => void events.push(`unloaded ${name}`))
    manager.on('plugin.failed', (name) => void events.push(`failed ${name}`))
    await manager.loadPlugin(
      plugin('watch', (ctx) => void ctx.hook('plugin.state', (state) => void heard.push(state))),
    )
    await manager.loadPlugin(plugin('a'))
    await manager.reloadPlugin('a')
    await manager.unloadPlugin('a')
    await manager.loadPlugin(plugin('b', () => Promise.reject(new Error('no')))).catch(() => {})
    expect(heard.filter(({ plugin: name }) => name !== 'watch').map(({ state }) => state)).toEqual([
      'active',
      'reloaded',
      'unloaded',
      'failed',
    ])
    expect(events).toEqual(['loaded watch', 'loaded a', 'reloaded a', 'unloaded a', 'failed b'])
  })
})

describe('dependencies', () => {
  it('gives the service of a declared dependency only', async () => {
    const { manager } = createTestHost()
    const cache = definePlugin({
      name: 'cache',
      version: '2.0.0',
      setup: () => ({ get: (key: string) => `${key}!` }),
    })
    const report = definePlugin({
      name: 'report',
      version: '1.0.0',
      dependencies: [cache],
      setup: (ctx) => `${ctx.getPlugin('cache').version} ${ctx.getPlugin('cache').getService().get('k')}`,
    })
    await manager.loadPlugin(cache)
    const info = await manager.loadPlugin(report)
    expect(info.getService()).toBe('2.0.0 k!')
    const sneaky = plugin('sneaky', (ctx) => ctx.getPlugin('cache' as never))
    await expect(manager.loadPlugin(sneaky)).rejects.toMatchObject({ code: 'DEPENDENCY_MISSING' })
  })

  it('refuses to load what needs an absent plugin, and to unload what is needed', async () => {
    const { manager } = createTestHost()
    const needy = plugin('needy', () => undefined, ['base'])
    await expect(manager.loadPlugin(needy)).rejects.toThrow(
      'plugin needy needs plugin base, which is not active',
    )
    await manager.loadPlugin(plugin('base'))
    await manager.reloadPlugin('needy')
    await manager.loadPlugin(plugin('top', () => undefined, ['needy']))
    await expect(manager.unloadPlugin('base')).rejects.toThrow('plugin base is needed by needy, top')
    expect(manager.getPlugin('base').status).toBe('active')
    const gone: string[] = []
    manager.on('plugin.unloaded', (name) => void gone.push(name))
    await manager.unloadPlugin('base', { cascade: true })
    expect(gone).toEqual(['top', 'needy', 'base'])
    await expect(manager.unloadPlugin('base')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' })
  })

  it('restarts dependents with the new service, in order', async () => {
    const { manager } = createTestHost()
    const order: string[] = []
    let builds = 0
    await manager.loadPlugin(plugin('base', () => (builds += 1)))
    for (const [name, needs] of [
      ['middle', 'base'],
      ['top', 'middle'],
    ] as const)
      await manager.loadPlugin(
        plugin(
          name,
          (ctx) => {
            order.push(`${name} up`)
            ctx.onDispose(() => order.push(`${name} down`))
            return `${name} on ${String(ctx.getPlugin(needs as never).getService())}`
          },
          [needs],
        ),
      )
    order.length = 0
    await manager.reloadPlugin('base')
    expect(order).toEqual(['middle up', 'top up', 'top down', 'middle down'])
    expect(manager.getPlugin('top').getService()).toBe('top on middle on 2')
    expect(manager.getPlugin('top').generation).toBe(2)
  })
})

describe('reloading', () => {
  it('keeps the old generation serving when the new one fails, and says why', async () => {
    const { manager } = createTestHost()
    let broken = false
    let disposed = 0
    const flaky = plugin('flaky', (ctx) => {
      ctx.onDispose(() => (disposed += 1))
      ctx.tool('flaky.generation', tool(ctx.generation))
      if (broken) throw new Error('new bug')
    })
    await manager.loadPlugin(flaky)
    const before = manager.live
    broken = true
    await expect(manager.reloadPlugin('flaky')).rejects.toThrow('new bug')
    expect(manager.live).toBe(before)
    expect(await manager.executeTool('flaky.generation')).toBe(1)
    expect(manager.getPlugin('flaky')).toMatchObject({
      status: 'active',
      generation: 1,
      code: 'SETUP_FAILED',
    })
    expect(disposed).toBe(1)
    broken = false
    await manager.reloadPlugin('flaky')
    expect(await manager.executeTool('flaky.generation')).toBe(2)
    expect(manager.getPlugin('flaky').reason).toBeNull()
  })

  it('keeps everything where a dependent cannot start on the new generation', async () => {
    const { manager } = createTestHost()
    let picky = false
    await manager.loadPlugin(plugin('base', (ctx) => ctx.generation))
    await manager.loadPlugin(
      plugin(
        'picky',
        () => {
          if (picky) throw new Error('not this one')
          return 'fine'
        },
        ['base'],
      ),
    )
    picky = true
    await expect(manager.reloadPlugin('base')).rejects.toThrow('not this one')
    expect(manager.getPlugin('base').getService()).toBe(1)
    expect(manager.getPluginStatus().plugins.map(({ status }) => status)).toEqual(['active', 'active'])
  })

  it('lets work in flight finish before the old generation is disposed', async () => {
    const { manager } = createTestHost()
    const steps: string[] = []
    const gate = createGate()
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.onDispose(() => steps.push(`disposed ${ctx.generation}`))
        ctx.tool('a.slow', {
          description: 'waits',
          parameters: {},
          execute: async () => {
            await gate.promise
            steps.push(`finished ${ctx.generation}`)
            return ctx.generation
          },
        })
      }),
    )
    const running = manager.executeTool('a.slow')
    await Promise.resolve()
    const reloading = manager.reloadPlugin('a')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(manager.live.tools.get('a.slow')?.value).not.toBeUndefined()
    expect(steps).toEqual([])
    gate.open()
    expect(await running).toBe(1)
    await reloading
    expect(steps).toEqual(['finished 1', 'disposed 1'])
  })

  it('reports a failing clean-up with its plugin and goes on', async () => {
    const { manager, failures } = createTestHost()
    await manager.loadPlugin(
      plugin('a', (ctx) => void ctx.onDispose(() => Promise.reject(new Error('stuck')))),
    )
    await manager.unloadPlugin('a')
    expect(failures).toEqual(['plugin a (generation 1) failed to clean up: stuck'])
    expect(manager.getPlugin('a').status).toBe('unloaded')
  })
})

describe('configuration', () => {
  it('is validated, with defaults, before setup', async () => {
    const { manager } = createTestHost()
    await expect(manager.loadPlugin(limited(), { config: { max: -1 } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(manager.getPlugin('limited').reason).toMatch(/configuration of plugin limited is invalid: max: /)
    await manager.configurePlugin('limited', {})
    expect(manager.getPlugin('limited').getService()).toBe(10)
  })

  it('changes by a reload; an invalid one keeps the old', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(limited(), { config: { max: 3 } })
    await expect(manager.configurePlugin('limited', { max: 'many' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(manager.getPlugin('limited')).toMatchObject({ status: 'active', generation: 1 })
    await manager.reloadPlugin('limited')
    expect(manager.getPlugin('limited').getService()).toBe(3)
    await manager.configurePlugins({ limited: { max: 4 } })
    expect(manager.getPlugin('limited').getService()).toBe(4)
    await manager.reloadPlugin('limited')
    expect(manager.getPlugin('limited').getService()).toBe(4)
  })

  it('is refused for a plugin that takes none', async () => {
    const { manager } = createTestHost()
    await expect(manager.loadPlugin(plugin('plain'), { config: { x: 1 } })).rejects.toThrow(
      'it takes no configuration',
    )
  })
})

it('runs changes one after another, and shuts down in reverse', async () => {
  const { manager } = createTestHost()
  const order: string[] = []
  const made = (name: string, dependencies: readonly string[] = []) =>
    plugin(
      name,
      async (ctx) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        ctx.onDispose(() => order.push(name))
      },
      dependencies,
    )
  await Promise.all([
    manager.loadPlugin(made('a')),
    manager.loadPlugin(made('b', ['a'])),
    manager.loadPlugin(made('c')),
  ])
  await manager.shutdownAll()
  expect(order).toEqual(['c', 'b', 'a'])
  expect(manager.live.hooks).toEqual(emptySnapshot.hooks)
})
