import type { HealthCheck, HealthResult } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { createGate, createTestHost, hangs, plugin } from '../testing/test-host.ts'

const checked = (name: string, check: HealthCheck) => plugin(name, (ctx) => void ctx.health(check))

describe('the health of all plugins', () => {
  it('is the worst of what the checks say', async () => {
    const { manager } = createTestHost({ healthCacheMs: 0 })
    expect(await manager.healthCheck()).toMatchObject({ status: 'pass', plugins: {} })
    let status: HealthResult['status'] = 'pass'
    await manager.loadPlugin(plugin('silent'))
    await manager.loadPlugin(checked('a', () => ({ status: 'pass', output: 'fine', details: { size: 3 } })))
    await manager.loadPlugin(checked('b', async () => ({ status })))
    const report = await manager.healthCheck()
    expect(report.status).toBe('pass')
    expect(report.plugins).toMatchObject({
      a: { status: 'pass', output: 'fine', details: { size: 3 } },
      b: { status: 'pass', output: '', details: {} },
    })
    expect(Object.keys(report.plugins)).toEqual(['a', 'b'])
    status = 'warn'
    expect((await manager.healthCheck()).status).toBe('warn')
    status = 'fail'
    expect((await manager.healthCheck()).status).toBe('fail')
  })

  it('warns of a plugin that failed to load', async () => {
    const { manager } = createTestHost()
    const broken = plugin('broken', () => {
      throw new Error('no key')
    })
    await manager.loadPlugin(broken).catch(() => {})
    const { status, plugins } = await manager.healthCheck()
    expect(status).toBe('warn')
    expect(plugins['broken']).toMatchObject({
      status: 'warn',
      output: 'plugin broken failed in setup: no key',
    })
  })

  it('is not held up or lost by a check that hangs, throws or talks nonsense', async () => {
    const { manager } = createTestHost({ healthTimeoutMs: 20, healthCacheMs: 0 })
    let hanging = 0
    let signal: AbortSignal | undefined
    const slow = checked('slow', (given) => {
      signal = given
      hanging += 1
      return hangs()
    })
    const throwing = checked('throwing', () => {
      throw new Error('no route')
    })
    const odd = checked('odd', () => ({ status: 'great' }) as unknown as HealthResult)
    for (const one of [slow, throwing, odd, checked('good', () => ({ status: 'pass' }))])
      await manager.loadPlugin(one)
    const { status, plugins } = await manager.healthCheck()
    expect(status).toBe('fail')
    expect(plugins).toMatchObject({
      slow: { status: 'fail', output: 'its check took longer than 20 ms' },
      throwing: { status: 'fail', output: 'no route' },
      odd: { status: 'fail', output: "its check gave no status of 'pass', 'warn' or 'fail'" },
      good: { status: 'pass' },
    })
    expect(signal?.aborted).toBe(true)
    const again = await manager.healthCheck()
    expect(again.plugins['slow']).toMatchObject({ status: 'fail', output: 'its last check is still running' })
    expect(hanging).toBe(1)
  })

  it('is asked for once however many wait, kept for a while, and asked again when plugins change', async () => {
    const { manager } = createTestHost()
    let runs = 0
    let gate = createGate()
    const counting = checked('a', async () => {
      runs += 1
      await gate.promise
      return { status: 'pass' }
    })
    await manager.loadPlugin(counting)
    const waiting = [manager.healthCheck(), manager.healthCheck()]
    gate.open()
    const [first, second] = await Promise.all(waiting)
    expect(first).toBe(second)
    expect(await manager.healthCheck()).toBe(first)
    expect(runs).toBe(1)
    gate = createGate()
    await manager.loadPlugin(checked('b', () => ({ status: 'warn' })))
    const old = manager.healthCheck()
    await manager.unloadPlugin('b')
    const fresh = manager.healthCheck()
    gate.open()
    expect(Object.keys((await old).plugins)).toEqual(['a', 'b'])
    expect(await fresh).toMatchObject({ status: 'pass', plugins: { a: { status: 'pass' } } })
    expect(Object.keys((await manager.healthCheck()).plugins)).toEqual(['a'])
    expect(runs).toBe(2)
  })

  it('takes one check a plugin, which may be replaced by hand', async () => {
    const { manager } = createTestHost()
    const twice = plugin('twice', (ctx) => {
      ctx.health(() => ({ status: 'pass' }))
      ctx.health(() => ({ status: 'pass' }))
    })
    await expect(manager.loadPlugin(twice)).rejects.toThrow(
      'plugin twice has a health check; join both in one',
    )
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        ctx.health(() => ({ status: 'fail' }))[Symbol.dispose]()
        ctx.health(() => ({ status: 'pass' }))
      }),
    )
    expect((await manager.healthCheck()).plugins['a']).toMatchObject({ status: 'pass' })
  })
})
