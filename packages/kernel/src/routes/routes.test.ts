import type { RouteMethod } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { createGate, createTestHost, plugin } from '../testing/test-host.ts'
import { matchRoute } from './match-route.ts'
import type { RouteMatch } from './match-route.ts'

const { signal } = new AbortController()
const answer = (text: string) => (): Response => new Response(text)

function call(match: RouteMatch, request = new Request('http://x/'), own = signal): Promise<Response> {
  if (match.found !== 'route') throw new Error(`no route: ${match.found}`)
  return match.route.handle(request, { params: match.params, signal: own })
}

describe('a plugin’s routes', () => {
  it('stand under its prefix, its name or the one it chose, and go with it', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(
      plugin('shop', (ctx) => {
        ctx.route('GET', '/', answer('root'))
        ctx.route('GET', '/items/:id', (_request, { params }) => new Response(`item ${params['id']}`), {
          access: 'public',
        })
      }),
    )
    await manager.loadPlugin({
      ...plugin(
        'other',
        (ctx) => void ctx.route('POST', '/*', (_request, { params }) => Response.json(params)),
      ),
      prefix: '/elsewhere',
    })
    const { routes } = manager.live
    expect(routes.map(({ plugin: of, method, path, access }) => [of, method, path, access])).toEqual([
      ['shop', 'GET', '/shop', 'owner'],
      ['shop', 'GET', '/shop/items/:id', 'public'],
      ['other', 'POST', '/elsewhere/*', 'owner'],
    ])
    expect(await (await call(matchRoute(routes, 'GET', '/shop'))).text()).toBe('root')
    expect(await (await call(matchRoute(routes, 'GET', '/shop/items/a%2Fb'))).text()).toBe('item a/b')
    expect(await (await call(matchRoute(routes, 'POST', '/elsewhere/a/b'))).json()).toEqual({ '*': 'a/b' })
    await manager.unloadPlugin('shop')
    expect(manager.live.routes.map(({ plugin: of }) => of)).toEqual(['other'])
  })

  it('can be added and taken back while the plugin lives', async () => {
    const { manager } = createTestHost()
    let add: (() => Disposable) | undefined
    await manager.loadPlugin(
      plugin('shop', (ctx) => void (add = () => ctx.route('GET', '/late', answer('late')))),
    )
    const added = add?.()
    expect(manager.live.routes).toHaveLength(1)
    expect(() => add?.()).toThrow('GET /shop/late is claimed twice by plugin shop')
    expect(manager.live.routes).toHaveLength(1)
    added?.[Symbol.dispose]()
    expect(manager.live.routes).toEqual([])
  })

  it.each(['', 'items', '/items/', '//', '/a b', '/a?b', '/:', '/:1x', '/a/*/b', '/a*', '/ü', '/a/../b#'])(
    'are refused under the path %j',
    async (path) => {
      const { manager } = createTestHost()
      const bad = plugin('shop', (ctx) => void ctx.route('GET', path, answer('')))
      await expect(manager.loadPlugin(bad)).rejects.toMatchObject({
        message: expect.stringContaining(`plugin shop: route GET ${path}: the path must be as in`),
      })
    },
  )

  it('are refused with a method that is none, and under a prefix of the host', async () => {
    const { manager } = createTestHost()
    const odd = plugin('shop', (ctx) => void ctx.route('FETCH' as RouteMethod, '/', answer('')))
    await expect(manager.loadPlugin(odd)).rejects.toThrow('the method must be one of GET, HEAD')
    const usurper = { ...plugin('shop', (ctx) => void ctx.route('GET', '/', answer(''))), prefix: '/v1' }
    await expect(manager.loadPlugin(usurper)).rejects.toThrow('paths under /v1 belong to the host')
    const byName = plugin('health', (ctx) => void ctx.route('GET', '/', answer('')))
    await expect(manager.loadPlugin(byName)).rejects.toThrow('paths under /health belong to the host')
    const nested = { ...plugin('nested', () => {}), prefix: '/v1/mine' }
    await expect(manager.loadPlugin(nested)).rejects.toThrow('is not one path segment')
  })

  it('conflict where two plugins take one prefix: the second is refused, both are named, the first goes on', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(plugin('shop', (ctx) => void ctx.route('GET', '/a', answer('a'))))
    const second = { ...plugin('mall', (ctx) => void ctx.route('GET', '/b', answer('b'))), prefix: '/shop' }
    const error: unknown = await manager.loadPlugin(second).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      message: expect.stringContaining('the prefix of /shop/b is claimed by plugin shop and by plugin mall'),
    })
    expect(await (await call(matchRoute(manager.live.routes, 'GET', '/shop/a'))).text()).toBe('a')
  })

  it('may not differ in the names of their parts alone', async () => {
    const { manager } = createTestHost()
    const twice = plugin('shop', (ctx) => {
      ctx.route('GET', '/:a/x', answer(''))
      ctx.route('POST', '/:b/x', answer(''))
      ctx.route('GET', '/:b/x', answer(''))
    })
    await expect(manager.loadPlugin(twice)).rejects.toThrow('GET /shop/:b/x is claimed twice by plugin shop')
  })
})

describe('a route’s handler', () => {
  it('that throws, or answers with something else, is named and told', async () => {
    const { manager, failures } = createTestHost()
    await manager.loadPlugin(
      plugin('shop', (ctx) => {
        ctx.route('GET', '/throws', () => {
          throw new Error('sold out')
        })
        ctx.route('GET', '/rejects', async () => Promise.reject(new Error('sold out later')))
        ctx.route('GET', '/odd', () => 'text' as unknown as Response)
      }),
    )
    const { routes } = manager.live
    for (const [path, words] of [
      ['/throws', 'sold out'],
      ['/rejects', 'sold out later'],
      ['/odd', 'it returned no Response'],
    ] as const) {
      const message = `plugin shop (generation 1), route GET /shop${path}: ${words}`
      await expect(call(matchRoute(routes, 'GET', `/shop${path}`))).rejects.toMatchObject({
        code: 'ROUTE_FAILED',
        message,
      })
      expect(failures.at(-1)).toBe(message)
    }
  })

  it('that fails because its caller has gone is not told', async () => {
    const { manager, failures } = createTestHost()
    await manager.loadPlugin(
      plugin('shop', (ctx) => {
        ctx.route('GET', '/', (_request, context) => {
          const { promise, open } = createGate()
          context.signal.addEventListener('abort', open, { once: true })
          return promise.then(() => Promise.reject(context.signal.reason as Error))
        })
      }),
    )
    const caller = new AbortController()
    const asked = call(matchRoute(manager.live.routes, 'GET', '/shop'), undefined, caller.signal)
    caller.abort()
    await expect(asked).rejects.toMatchObject({ code: 'ROUTE_FAILED' })
    expect(failures).toEqual([])
  })

  it('finishes what it began when its plugin is reloaded, and hears of it when the plugin is disposed', async () => {
    const { manager } = createTestHost()
    const gate = createGate()
    let generation = 0
    await manager.loadPlugin(
      plugin('shop', (ctx) => {
        generation = ctx.generation
        const own = generation
        ctx.route('GET', '/', async (_request, context) => {
          await gate.promise
          return new Response(`${own} ${context.signal.aborted}`)
        })
      }),
    )
    const before = call(matchRoute(manager.live.routes, 'GET', '/shop'))
    const reloaded = manager.reloadPlugin('shop')
    await expect.poll(() => generation).toBe(2)
    gate.open()
    await reloaded
    const after = call(matchRoute(manager.live.routes, 'GET', '/shop'))
    expect([await (await before).text(), await (await after).text()]).toEqual(['1 false', '2 false'])
  })
})
