import type { Middleware, MiddlewareLayer } from '@agentproxy/plugin'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createGate, createTestHost, hangs, plugin } from '../testing/test-host.ts'

afterEach(() => void vi.useRealTimers())

async function hostWith(plugins: Readonly<Record<string, readonly [MiddlewareLayer, Middleware][]>>) {
  const host = createTestHost()
  for (const [name, all] of Object.entries(plugins))
    await host.manager.loadPlugin(
      plugin(name, (ctx) => {
        for (const [layer, middleware] of all) ctx.middleware(layer, middleware)
      }),
    )
  const send = (serve: (request: Request) => Promise<Response>, request = new Request('http://x/')) =>
    host.manager.live.middleware?.(request, serve) ?? Promise.reject(new Error('no middleware'))
  return { ...host, send }
}

const served = async (): Promise<Response> => new Response('served')
const pass: Middleware = (_request, next) => next()

describe('middleware', () => {
  it('is null where there is none, also again', async () => {
    const { manager } = await hostWith({ a: [['routing', pass]] })
    expect(manager.live.middleware).not.toBeNull()
    await manager.unloadPlugin('a')
    expect(manager.live.middleware).toBeNull()
  })

  it('wraps by layer, then in load order, and out again the other way', async () => {
    const steps: string[] = []
    const step =
      (name: string): Middleware =>
      async (_request, next) => {
        steps.push(name)
        const response = await next()
        steps.push(`/${name}`)
        return response
      }
    const { send } = await hostWith({
      a: [
        ['application', step('a5')],
        ['security', step('a1')],
      ],
      b: [
        ['transformation', step('b3')],
        ['security', step('b1')],
        ['observability', step('b2')],
        ['routing', step('b4')],
      ],
    })
    await send(served)
    const inward = ['a1', 'b1', 'b2', 'b3', 'b4', 'a5']
    expect(steps).toEqual([...inward, ...inward.toReversed().map((name) => `/${name}`)])
  })

  it('may change the request, change the answer, or answer by itself', async () => {
    const { send } = await hostWith({
      a: [
        [
          'security',
          (request, next) => (request.url.endsWith('/no') ? new Response('no', { status: 403 }) : next()),
        ],
        ['transformation', (request, next) => next(new Request(`${request.url}changed`))],
        [
          'application',
          async (request, next) =>
            new Response(`${request.url} ${await (await next()).text()}`, { status: 201 }),
        ],
      ],
    })
    const response = await send(async ({ url }) => new Response(`served ${url}`))
    expect([response.status, await response.text()]).toEqual([
      201,
      'http://x/changed served http://x/changed',
    ])
    expect((await send(served, new Request('http://x/no'))).status).toBe(403)
  })

  it.each<[string, Middleware, string]>([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
      'mine',
    ],
    [
      'throws after next',
      async (_request, next) => {
        await next()
        throw new Error('mine')
      },
      'mine',
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      'undefined',
    ],
    ['answers with nothing', () => undefined as unknown as Response, 'it returned no Response'],
  ])('that %s is named and told once, however many stand around it', async (_what, middleware, words) => {
    const { send, failures } = await hostWith({
      outer: [['security', pass]],
      guilty: [['routing', middleware]],
    })
    const message = `plugin guilty (generation 1), middleware: ${words}`
    await expect(send(served)).rejects.toMatchObject({ code: 'MIDDLEWARE_FAILED', plugin: 'guilty', message })
    expect(failures).toEqual([message])
  })

  it('is not blamed for what the server within fails with, and may mend it', async () => {
    const { send, failures } = await hostWith({ a: [['routing', pass]] })
    const reason = new Error('upstream')
    await expect(send(() => Promise.reject(reason))).rejects.toBe(reason)
    const mending = await hostWith({
      a: [['routing', (_request, next) => next().catch(() => new Response('mended'))]],
    })
    expect(await (await mending.send(() => Promise.reject(reason))).text()).toBe('mended')
    expect([...failures, ...mending.failures]).toEqual([])
  })

  it('that hangs is given up on after ten seconds of its own, and what it waits for does not count', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const hanging = await hostWith({ a: [['routing', hangs]] })
    const given = expect(hanging.send(served)).rejects.toMatchObject({
      code: 'MIDDLEWARE_FAILED',
      message: expect.stringContaining('took longer than 10000 ms beside what it waits for'),
    })
    await vi.advanceTimersByTimeAsync(10_000)
    await given

    const gate = createGate()
    const waiting = await hostWith({
      a: [
        ['routing', pass],
        ['application', (_request, next) => Promise.race([next(), next()])],
      ],
    })
    const asked = waiting.send(async () => {
      await gate.promise
      return new Response('late')
    })
    await vi.advanceTimersByTimeAsync(60_000)
    gate.open()
    expect(await (await asked).text()).toBe('late')
    expect(vi.getTimerCount()).toBe(0)
    expect(waiting.failures).toEqual([])
  })

  it('is waited for when its plugin goes', async () => {
    const gate = createGate()
    const { manager, send } = await hostWith({
      a: [
        [
          'routing',
          async (_request, next) => {
            const response = await next()
            await gate.promise
            return response
          },
        ],
      ],
    })
    const asked = send(served)
    let isGone = false
    const gone = manager.unloadPlugin('a').then(() => (isGone = true))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(isGone).toBe(false)
    gate.open()
    expect(await (await asked).text()).toBe('served')
    await gone
  })
})
