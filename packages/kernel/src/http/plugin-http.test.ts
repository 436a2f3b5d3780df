import { getEventListeners, once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { inspect } from 'node:util'
import { PluginError } from '@agentproxy/plugin'
import type { PluginContext } from '@agentproxy/plugin'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SecretSource } from '../secrets/secret-source.ts'
import { createTestHost, plugin } from '../testing/test-host.ts'

const CANARY = 'canary-7d41'

interface Heard {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

interface Peer {
  readonly origin: string
  readonly heard: Heard[]
  readonly sockets: ReadonlySet<Socket>
  readonly closed: () => number
}

async function peer(answer: (request: Heard, response: ServerResponse) => void): Promise<Peer> {
  const heard: Heard[] = []
  const sockets = new Set<Socket>()
  let closed = 0
  const server = createServer((request, response) => {
    response.on('close', () => (closed += response.writableFinished ? 0 : 1))
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      heard.push({ method, url, headers, body })
      answer({ method, url, headers, body }, response)
    })
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, heard, sockets, closed: () => closed }
}

const ok = (_request: Heard, response: ServerResponse): void => void response.end('ok')

/** A plugin with its context, and secrets that can be changed. */
async function openPlugin(values: Record<string, string | null> = {}) {
  const secrets: SecretSource = {
    get: async (_plugin, name) => values[name] ?? null,
    accessToken: async (provider) => values[provider] ?? null,
  }
  const host = createTestHost({ secrets })
  let ctx: PluginContext | undefined
  await host.manager.loadPlugin(plugin('guest', (context) => void (ctx = context)))
  if (ctx === undefined) throw new Error('setup did not run')
  return { ...host, ctx }
}

/** What was thrown, with all its causes, checked to hold no secret. */
async function failureOf(pending: Promise<unknown>): Promise<PluginError> {
  const error: unknown = await pending.then(
    () => 'it succeeded',
    (thrown: unknown) => thrown,
  )
  if (!PluginError.is(error)) throw new Error(`no PluginError: ${inspect(error)}`)
  expect(everything(error)).not.toContain(CANARY)
  return error
}

function everything(error: unknown): string {
  const own = inspect(error, { depth: 20, showHidden: true })
  return error instanceof Error ? `${own}${error.stack}${error.message}${everything(error.cause)}` : own
}

describe('a request of a plugin', () => {
  it('is a fetch: method, headers and body arrive, any status resolves, and connections are pooled', async () => {
    const { ctx } = await openPlugin()
    const { origin, heard, sockets } = await peer((_request, response) => response.writeHead(418).end('tea'))
    for (let round = 0; round < 20; round += 1) {
      const response = await ctx.http(`${origin}/a?b`, {
        method: 'PUT',
        headers: { 'x-a': '1' },
        body: 'hello',
      })
      expect([response.status, await response.text(), response.url]).toEqual([418, 'tea', `${origin}/a?b`])
    }
    expect(heard[0]).toMatchObject({ method: 'PUT', url: '/a?b', body: 'hello' })
    expect(heard[0]?.headers['x-a']).toBe('1')
    expect(sockets.size).toBeLessThan(5)
  })

  it.each([['ftp://x.example/'], ['file:///etc/passwd'], ['/only/a/path'], ['nonsense?key=1']])(
    'is refused for %s',
    async (url) => {
      const { ctx } = await openPlugin()
      const error = await failureOf(ctx.http(url))
      expect([error.code, error.plugin, error.message]).toEqual([
        'HTTP_FAILED',
        'guest',
        expect.stringContaining('is no http or https URL'),
      ])
      expect(error.message).not.toContain('key=1')
    },
  )

  it('that gets no answer says origin and reason, not the path', async () => {
    const { ctx } = await openPlugin()
    const { origin } = await peer(ok)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const refused = await failureOf(ctx.http(`http://127.0.0.1:${port}/${CANARY}?${CANARY}`))
    expect(refused.message).toContain(`plugin guest asked http://127.0.0.1:${port}: `)
    expect(refused.message).toContain('ECONNREFUSED')
    const withUser = await failureOf(ctx.http(`${origin.replace('//', `//user:${CANARY}@`)}/x`))
    expect(withUser.message).toContain('send them in an authorization header')
  })

  it('waits for the head no longer than its limit, and for the body as long as it takes', async () => {
    const { ctx } = await openPlugin()
    const { origin, closed } = await peer(({ url }, response) => {
      if (url === '/never') return
      response.write('a')
      setTimeout(() => response.end('b'), 1200)
    })
    const error = await failureOf(ctx.http(`${origin}/never`, { timeoutMs: 500 }))
    expect(error.message).toBe(`plugin guest asked ${origin}: no answer within 500 ms`)
    await expect.poll(closed, { timeout: 10_000 }).toBe(1)
    expect(await (await ctx.http(`${origin}/slow`, { timeoutMs: 1000 })).text()).toBe('ab')
  })

  it('ends with the caller’s own signal, for the caller’s own reason', async () => {
    const { ctx } = await openPlugin()
    const { origin } = await peer(() => {})
    const controller = new AbortController()
    const asked = ctx.http(origin, { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })

  it('ends with the plugin, before its answer and in the middle of it', async () => {
    const { ctx, manager } = await openPlugin()
    const { origin, heard, closed } = await peer(({ url }, response) => {
      if (url === '/body') response.write('a')
    })
    const asked = failureOf(ctx.http(`${origin}/head`))
    const reader = (await ctx.http(`${origin}/body`)).body?.getReader()
    expect((await reader?.read())?.value).toEqual(new TextEncoder().encode('a'))
    await expect.poll(() => heard.length).toBe(2)
    const rest = failureOf(reader?.read() ?? Promise.resolve())
    await manager.unloadPlugin('guest')
    expect([(await asked).code, (await rest).code]).toEqual(['DISPOSED', 'DISPOSED'])
    await expect.poll(closed, { timeout: 10_000 }).toBe(2)
    expect((await failureOf(ctx.http(origin))).code).toBe('DISPOSED')
    expect(heard).toHaveLength(2)
  })

  it(
    'leaves nothing behind on the plugin’s signal, however many there are',
    { timeout: 60_000 },
    async () => {
      const { ctx } = await openPlugin()
      const { origin } = await peer(ok)
      const warnings: string[] = []
      const onWarning = ({ name }: Error): void => void warnings.push(name)
      process.on('warning', onWarning)
      onTestFinished(() => void process.off('warning', onWarning))
      const own = new AbortController()
      for (let round = 0; round < 1000; round += 1)
        await (await ctx.http(origin, round % 2 === 0 ? {} : { signal: own.signal })).text()
      expect(getEventListeners(ctx.signal, 'abort').length).toBeLessThan(5)
      expect(getEventListeners(own.signal, 'abort').length).toBeLessThan(5)
      expect(warnings).toEqual([])
    },
  )
})

describe('redirects', () => {
  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [303, 'HEAD', 'HEAD', ''],
    [307, 'POST', 'POST', 'body'],
    [308, 'PUT', 'PUT', 'body'],
    [301, 'PUT', 'PUT', 'body'],
  ])('%i turns a %s into a %s', async (status, method, becomes, body) => {
    const { ctx } = await openPlugin()
    const { origin, heard } = await peer(({ url }, response) => {
      if (url === '/from') response.writeHead(status, { location: '/to' })
      response.end()
    })
    const sent =
      method === 'HEAD' ? {} : { body: 'body', headers: { 'content-type': 'text/x', 'x-kept': '1' } }
    expect((await ctx.http(`${origin}/from`, { method, ...sent })).url).toBe(`${origin}/to`)
    expect(heard[1]).toMatchObject({ method: becomes, url: '/to', body })
    if (method !== 'HEAD') expect(heard[1]?.headers['x-kept']).toBe('1')
    expect(heard[1]?.headers['content-type']).toBe(body === '' ? undefined : 'text/x')
  })

  it('to another origin leave secrets and credentials behind, for good', async () => {
    const { ctx } = await openPlugin({ key: CANARY })
    const home = await peer(({ url }, response) => {
      if (url === '/from') response.writeHead(307, { location: `${away.origin}/back` })
      response.end()
    })
    const away = await peer((_request, response) => {
      response.writeHead(307, { location: `${home.origin}/to` }).end()
    })
    const secret = await ctx.secrets.get('key')
    if (secret === null) throw new Error('no secret')
    await ctx.http(`${home.origin}/from`, {
      headers: { 'x-key': secret, cookie: 'a=b', Authorization: 'Basic eA==', 'x-plain': '1' },
    })
    const seen = [...home.heard, ...away.heard].map(({ url, headers }) => [
      url,
      headers['x-key'] ?? headers.cookie ?? headers.authorization ?? 'nothing',
      headers['x-plain'],
    ])
    expect(seen).toEqual([
      ['/from', CANARY, '1'],
      ['/to', 'nothing', '1'],
      ['/back', 'nothing', '1'],
    ])
  })

  it('are followed five times, not at all, or handed over, as asked', async () => {
    const { ctx } = await openPlugin()
    const { origin, heard } = await peer(({ url }, response) => {
      const left = Number(url.slice(1))
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` })
      response.end()
    })
    expect((await ctx.http(`${origin}/5`)).status).toBe(200)
    expect((await failureOf(ctx.http(`${origin}/6`))).message).toContain('more than 5 redirects')
    const refused = await failureOf(ctx.http(`${origin}/1`, { redirect: 'error' }))
    expect(refused.message).toBe(`plugin guest asked ${origin}: it redirects to ${origin}`)
    const before = heard.length
    const manual = await ctx.http(`${origin}/1`, { redirect: 'manual' })
    expect([manual.status, manual.headers.get('location'), heard.length]).toEqual([302, '/0', before + 1])
  })

  it.each([
    ['http://'],
    ['ftp://x.example/a'],
    [`http://user:${CANARY}@127.0.0.1/`],
    [`javascript:${CANARY}`],
  ])('to %s end the request and are not quoted', async (location) => {
    const { ctx } = await openPlugin()
    const { origin } = await peer((_request, response) => void response.writeHead(302, { location }).end())
    const error = await failureOf(ctx.http(`${origin}/${CANARY}`))
    expect([error.code, error.message]).toEqual(['HTTP_FAILED', expect.stringContaining('it redirects to')])
  })
})

describe('a secret', () => {
  it('goes out as a header, with text before it, with the value it has at that time', async () => {
    const values: Record<string, string | null> = { key: 'one', login: 'two' }
    const { ctx } = await openPlugin(values)
    const { origin, heard } = await peer(ok)
    const [key, login] = [await ctx.secrets.get('key'), await ctx.secrets.oauth('login')]
    if (key === null || login === null) throw new Error('no secret')
    const headers = { 'x-key': key, authorization: login.withPrefix('token=').withPrefix('Bearer ') }
    await ctx.http(origin, { headers })
    values['key'] = 'three'
    await ctx.http(origin, { headers })
    values['key'] = null
    expect((await failureOf(ctx.http(origin, { headers }))).code).toBe('SECRET_DENIED')
    expect(heard.map((one) => [one.headers['x-key'], one.headers.authorization])).toEqual([
      ['one', 'Bearer token=two'],
      ['three', 'Bearer token=two'],
    ])
    expect(await ctx.secrets.get('nothing')).toBeNull()
    expect(await ctx.secrets.oauth('nobody')).toBeNull()
  })

  it('goes out as the whole URL, which the answer does not tell', async () => {
    const { origin, heard } = await peer(({ url }, response) => {
      if (url.endsWith('empty')) response.writeHead(204)
      response.end(url.endsWith('empty') ? undefined : 'hello')
    })
    const { ctx } = await openPlugin({ hook: `${origin}/${CANARY}`, other: `${origin}/${CANARY}/empty` })
    const [hook, other] = [await ctx.secrets.get('hook'), await ctx.secrets.get('other')]
    if (hook === null || other === null) throw new Error('no secret')
    const response = await ctx.http(hook, { method: 'POST', body: 'x' })
    expect(inspect(response) + response.url + response.clone().url).not.toContain(CANARY)
    expect([await response.text(), (await ctx.http(other)).status]).toEqual(['hello', 204])
    expect(heard[0]?.url).toBe(`/${CANARY}`)
  })

  it('is bound to the first origin it is sent to, or to those that were named', async () => {
    const [one, two] = [await peer(ok), await peer(ok)]
    const { ctx } = await openPlugin({ key: CANARY, url: `${one.origin}/${CANARY}` })
    const first = await ctx.secrets.get('key')
    const named = await ctx.secrets.get('key', { origins: [`${two.origin}/ignored/path`] })
    const url = await ctx.secrets.get('url', { origins: [two.origin] })
    if (first === null || named === null || url === null) throw new Error('no secret')
    await ctx.http(one.origin, { headers: { a: first } })
    const denied = await failureOf(ctx.http(two.origin, { headers: { a: first.withPrefix('x ') } }))
    expect([denied.code, denied.message]).toEqual([
      'SECRET_DENIED',
      expect.stringContaining(`may go to ${one.origin} only, not to ${two.origin}`),
    ])
    expect((await failureOf(ctx.http(one.origin, { headers: { a: named } }))).code).toBe('SECRET_DENIED')
    await ctx.http(two.origin, { headers: { a: named } })
    expect((await failureOf(ctx.http(url))).code).toBe('SECRET_DENIED')
    expect([one.heard.length, two.heard.length]).toEqual([1, 1])
    const invalid = await failureOf(ctx.secrets.get('key', { origins: ['api.example.com'] }))
    expect([invalid.code, invalid.message]).toEqual([
      'PLUGIN_INVALID',
      expect.stringContaining('"api.example.com" is no origin'),
    ])
  })

  it('stands in no error, log, event or status, whatever is done with its handle', async () => {
    const { origin } = await peer(ok)
    const values = {
      lines: `${CANARY}\nx`,
      wide: `${CANARY}\u4e00`,
      text: CANARY,
      ftp: `ftp://${CANARY}.example/`,
      user: `${origin.replace('//', `//${CANARY}@`)}/`,
      dead: `http://127.0.0.1:1/${CANARY}`,
    }
    const { ctx, manager, log, failures } = await openPlugin(values)
    const events: unknown[] = []
    ctx.events.on('told', (event) => void events.push(event))
    for (const name of Object.keys(values)) {
      const secret = await ctx.secrets.get(name)
      if (secret === null) throw new Error('no secret')
      const shown = [
        JSON.stringify({ secret }),
        inspect(secret, { depth: 20, showHidden: true }),
        String(secret),
        `${Object.values(secret).map(String).join()}${Object.getOwnPropertyNames(secret).join()}`,
        structuredClone({ name: secret.name }).name,
      ]
      expect(shown.join()).not.toContain(CANARY)
      ctx.log.error(`here is ${String(secret)}`, { secret })
      ctx.events.emit('told', { secret })
      if (name !== 'text') await failureOf(ctx.http(secret))
      if (name === 'lines' || name === 'wide') {
        const error = await failureOf(
          ctx.http(origin, { headers: { authorization: secret.withPrefix('Bearer ') } }),
        )
        expect(error.message).toContain('the header authorization holds')
      }
    }
    expect(log.length).toBeGreaterThan(5)
    expect(events).toHaveLength(6)
    const told = [log, failures, events, manager.getPluginStatus(), manager.getDebugInfo()]
    expect(inspect(told, { depth: 20, showHidden: true }) + JSON.stringify(told)).not.toContain(CANARY)
  })

  it('of another host is not taken for one', async () => {
    const { ctx } = await openPlugin({ key: CANARY })
    const { origin, heard } = await peer(ok)
    const forged = { name: 'key', withPrefix: () => forged, toString: () => 'x', toJSON: () => 'x' }
    await failureOf(ctx.http(origin, { headers: { a: forged } }))
    expect(heard).toEqual([])
  })
})
