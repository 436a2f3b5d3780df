import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { block, definePlugin, modify, ok } from '@agentproxy/plugin'
import type { Plugin, PluginContext } from '@agentproxy/plugin'
import { expect, onTestFinished, test } from 'vitest'
import { createTestHost } from './create-test-host.ts'

const plain = (setup: (ctx: PluginContext<unknown, never>) => unknown) =>
  definePlugin({ name: 'plain', version: '1.0.0', setup })

const failing = async () => ({ kind: 'relayed' as const, status: 500, usage: null, durationMs: 1 })

const source = (version: string): string =>
  `import { definePlugin } from '@agentproxy/plugin'
   const config = { '~standard': { version: 1, vendor: 'x', validate: (value: any) => value.key === undefined
     ? { issues: [{ message: 'is required', path: ['key'] }] } : { value } } }
   export default definePlugin({ name: 'of-file', version: '${version}', config, setup: (ctx) => {
     ctx.onDispose(() => ctx.log.info('gone')); return (ctx.config as any).key } })`

test('a hook of each kind gives its joint outcome, with a sample for whatever the payload leaves out', async () => {
  const ended: string[] = []
  await using host = await createTestHost({
    plugins: [
      plain((ctx) => {
        ctx.hook('task.complete', async ({ taskId, outcome }) => {
          await Promise.resolve()
          ended.push(`${taskId} ${outcome}`)
        })
        ctx.hook('file.change', ({ path }) => (path === '.env' ? block('protected') : undefined))
        ctx.hook('task.start', ({ prompt }) =>
          prompt === '' ? block('say something') : modify({ prompt: `${prompt}!` }),
        )
        ctx.hook('permission.request', ({ tool }) =>
          tool === 'rm' ? { decision: 'deny' as const, reason: 'no' } : null,
        )
        ctx.hook('upstream.call', async (_payload, next) => {
          const result = await next()
          return result.kind === 'relayed' ? { ...result, status: result.status + 1 } : result
        })
      }),
    ],
  })
  expect(await host.hook('task.complete', { taskId: 't7' })).toBeUndefined()
  expect(ended).toEqual(['t7 done'])
  expect(await host.hook('file.change', { path: '.env' })).toEqual(block('protected'))
  expect(await host.hook('file.change', { path: 'a.js' })).toEqual(ok())
  expect(await host.hook('task.start', { prompt: 'hi' })).toMatchObject({ prompt: 'hi!', agent: 'builtin' })
  expect(await host.hook('task.start', { prompt: '' })).toEqual(block('say something'))
  expect(await host.hook('permission.request', { tool: 'rm' })).toEqual({ decision: 'deny', reason: 'no' })
  expect(await host.hook('permission.request')).toBeNull()
  expect(await host.hook('upstream.call')).toMatchObject({ status: 201 })
  expect(await host.hook('upstream.call', {}, failing)).toMatchObject({ status: 501 })
})

test('a hook nobody hears lets everything through', async () => {
  await using host = await createTestHost({ plugins: [] })
  expect(await host.hook('app.start')).toBeUndefined()
  expect(await host.hook('file.change')).toEqual(ok())
  expect(await host.hook('decision', { reason: 'why' })).toMatchObject({ reason: 'why' })
  expect(await host.hook('model.route')).toBeNull()
  expect(await host.hook('upstream.call')).toMatchObject({ kind: 'relayed' })
})

test('a request goes through middleware to the route, without a socket', async () => {
  await using host = await createTestHost({
    plugins: [
      plain((ctx) => {
        ctx.middleware('observability', async (_request, next) => {
          const response = await next()
          response.headers.set('x-seen', 'yes')
          return response
        })
        ctx.route('GET', '/items/:id', (request, { params }) =>
          Response.json({ ...params, query: new URL(request.url).search }),
        )
        ctx.route('POST', '/broken', () => {
          throw new Error('no')
        })
      }),
    ],
  })
  const found = await host.request('/plain/items/a%20b?x=1')
  expect([found.status, found.headers.get('x-seen')]).toEqual([200, 'yes'])
  expect(await found.json()).toEqual({ id: 'a b', query: '?x=1' })
  expect((await host.request('/plain/nothing')).status).toBe(404)
  const refused = await host.request('/plain/items/1', { method: 'DELETE' })
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect((await host.request('/plain/broken', { method: 'POST' })).status).toBe(500)
  expect(host.failures.map(({ error }) => error.code)).toEqual(['ROUTE_FAILED'])
  expect(host.log.at(-1)).toMatchObject({ level: 'error', fields: { plugin: 'plain' } })
})

test('a command gets what was typed, and its exit code, output and mistakes come back', async () => {
  await using host = await createTestHost({
    plugins: [
      plain((ctx) => {
        ctx.command('greet', {
          description: 'greets',
          arguments: 'NAME',
          options: {
            loud: { type: 'boolean', short: 'l', description: 'shout' },
            word: { type: 'string', default: 'hello', description: 'what to say' },
          },
          run({ positionals, values }, output) {
            if (positionals.length === 0) throw new Error('name somebody')
            output.note('greeting\n')
            output.write(
              `${String(values['word'])} ${positionals.join(' ')}${values['loud'] === true ? '!' : ''}\n`,
            )
            return 3
          },
        })
      }),
    ],
  })
  const said = { code: 3, out: 'hi world!\n', err: 'greeting\n' }
  expect(await host.command('greet', ['world', '-l', '--word', 'hi'])).toEqual(said)
  expect(await host.command('greet')).toEqual({ code: 1, out: '', err: 'name somebody\n' })
  expect(await host.command('greet', ['--sound'])).toMatchObject({ code: 2, out: '' })
  await expect(host.command('shout')).rejects.toThrow('there is: greet')
})

test('tools, checks, events, storage and secrets of a plugin are at hand', async () => {
  const heard: unknown[] = []
  await using host = await createTestHost({
    env: { AGENTPROXY_SECRETS__PLAIN__FROM_ENV: 'one' },
    secrets: { plain: { given: 'two' } },
    plugins: [
      plain(async (ctx) => {
        const names = await Promise.all(['from-env', 'given', 'absent'].map((name) => ctx.secrets.get(name)))
        await ctx.storage.set(
          'secrets',
          names.map((secret) => secret?.name ?? null),
        )
        ctx.tool('plain.echo', { description: 'echoes', parameters: {}, execute: (given) => given })
        ctx.check({
          name: 'small',
          description: 'few files',
          run: ({ filesChanged }) => ({
            verdict: filesChanged.length < 2 ? 'pass' : 'fail',
            reason: 'counted',
          }),
        })
        ctx.events.on('ping', (value) => ctx.events.emit('pong', value))
      }),
    ],
  })
  host.events.on('pong', (value) => heard.push(value))
  host.events.emit('ping', 1)
  expect(heard).toEqual([1])
  expect(await host.tool('plain.echo', { a: 1 })).toEqual({ a: 1 })
  expect(await host.check('small', { filesChanged: ['a', 'b'] })).toMatchObject({ verdict: 'fail' })
  expect(await host.check('small')).toMatchObject({ verdict: 'pass' })
  expect(await host.storage('plain').get('secrets')).toEqual(['from-env', 'given', null])
})

test('a file is loaded with its configuration and read again at a reload; disposal ends it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'test-host-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'plugin.ts')
  await writeFile(file, source('1.0.0'))
  await expect(createTestHost({ plugins: [file] })).rejects.toThrow('key: is required')
  const host = await createTestHost({ plugins: [file], config: { 'of-file': { key: 'k' } } })
  expect(host.manager.getPlugin('of-file').getService()).toBe('k')
  await writeFile(file, source('2.0.0'))
  expect(await host.reload('of-file')).toMatchObject({ version: '2.0.0', generation: 2 })
  await host[Symbol.asyncDispose]()
  expect(host.log.filter(({ message }) => message === 'gone')).toHaveLength(2)
  expect(host.manager.live.tools.size).toBe(0)
})

test('a class plugin is taken as a class and as an instance', async () => {
  class Counter implements Plugin {
    name = 'counter'
    getTools() {
      return { 'counter.one': { description: 'one', execute: () => 1 } }
    }
  }
  for (const plugin of [Counter, new Counter()]) {
    await using host = await createTestHost({ plugins: [plugin] })
    expect(await host.tool('counter.one')).toBe(1)
  }
})
