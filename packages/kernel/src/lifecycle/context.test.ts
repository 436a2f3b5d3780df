import type { ClassPluginContext, Plugin } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { matchRoute } from '../routes/match-route.ts'
import { createTestHost, plugin } from '../testing/test-host.ts'

describe('ctx.use', () => {
  it('gives the resource back, and disposes all of them when the plugin goes, last first, each awaited', async () => {
    const { manager } = createTestHost()
    const steps: string[] = []
    const sync = { kind: 'sync', [Symbol.dispose]: () => void steps.push('sync') }
    const later = {
      async [Symbol.asyncDispose]() {
        await new Promise((resolve) => setTimeout(resolve, 5))
        steps.push('async')
      },
    }
    const both = {
      [Symbol.dispose]: () => void steps.push('the wrong one of both'),
      async [Symbol.asyncDispose]() {
        await new Promise((resolve) => setTimeout(resolve, 5))
        steps.push('both')
      },
    }
    await manager.loadPlugin(
      plugin('a', (ctx) => {
        expect(ctx.use(sync)).toBe(sync)
        expect(ctx.use(sync).kind).toBe('sync')
        expect([ctx.use(later), ctx.use(both)]).toEqual([later, both])
      }),
    )
    expect(steps).toEqual([])
    await manager.unloadPlugin('a')
    expect(steps).toEqual(['both', 'async', 'sync', 'sync'])
  })

  it('disposes what was used by a setup that then failed, and at once what is used too late', async () => {
    const { manager, failures } = createTestHost()
    const steps: string[] = []
    const resource = (name: string): Disposable => ({ [Symbol.dispose]: () => void steps.push(name) })
    let late: (() => unknown) | undefined
    await expect(
      manager.loadPlugin(
        plugin('a', (ctx) => {
          ctx.use(resource('first'))
          ctx.use({
            [Symbol.dispose]() {
              throw new Error('stuck')
            },
          })
          late = () => ctx.use(resource('late'))
          throw new Error('no')
        }),
      ),
    ).rejects.toThrow('no')
    expect(steps).toEqual(['first'])
    expect(failures.join()).toContain('stuck')
    late?.()
    expect(steps).toEqual(['first', 'late'])
  })
})

describe('a class plugin', () => {
  class Everything implements Plugin {
    name = 'everything'
    #calls = 0

    initialize(context: ClassPluginContext): void {
      context.route('GET', '/hello/:name', (_request, { params }) => new Response(`hello ${params['name']}`))
      context.middleware('application', async (request, next) => {
        const response = await next(request)
        response.headers.set('x-calls', String(++this.#calls))
        return response
      })
      context.task('tick', { everyMs: 3_600_000, skipInitialRun: true }, () => {})
      context.use({ [Symbol.dispose]: () => void (this.#calls = -1) })
    }

    healthCheck() {
      return {
        status: this.#calls > 0 ? ('pass' as const) : ('warn' as const),
        output: `${this.#calls} calls`,
      }
    }

    getService(): { calls(): number } {
      return { calls: () => this.#calls }
    }
  }

  it('gets the whole context: routes, middleware, tasks, resources, and answers for its health', async () => {
    const { manager } = createTestHost({ healthCacheMs: 0 })
    const instance = new Everything()
    await manager.loadPlugin(instance)
    const { routes, middleware } = manager.live
    expect(manager.getPlugin('everything').tasks).toMatchObject([{ name: 'tick' }])
    expect((await manager.healthCheck()).plugins['everything']).toMatchObject({ status: 'warn' })

    const match = matchRoute(routes, 'GET', '/everything/hello/you')
    if (match.found !== 'route' || middleware === null) throw new Error('no route')
    const { signal } = new AbortController()
    const response = await middleware(new Request('http://x/'), (request) =>
      match.route.handle(request, { params: match.params, signal }),
    )
    expect([await response.text(), response.headers.get('x-calls')]).toEqual(['hello you', '1'])
    expect((await manager.healthCheck()).plugins['everything']).toMatchObject({
      status: 'pass',
      output: '1 calls',
    })
    await manager.unloadPlugin('everything')
    expect(manager.live.routes).toEqual([])
    expect(instance.getService().calls()).toBe(-1)
  })
})
