// Compiled, never run: each expected error must land on the handler, not on the whole definition.
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { block, definePlugin, modify, ok } from './index.ts'
import type { PluginContext } from './index.ts'

export const cache = definePlugin({
  name: 'cache',
  version: '1.0.0',
  config: z.object({ maxEntries: z.int().positive().default(1000) }),
  setup(ctx) {
    expectTypeOf(ctx.config).toEqualTypeOf<{ maxEntries: number }>()
    ctx.tool('cache.get', {
      description: 'Read an entry',
      parameters: z.object({ key: z.string() }),
      execute: ({ key }) => {
        expectTypeOf(key).toBeString()
        return null
      },
    })
    ctx.tool('cache.raw', {
      description: 'Parameters as JSON Schema',
      parameters: { type: 'object', properties: { key: { type: 'string' } } },
      execute: (parameters) => parameters['key'],
    })
    return { get: async (key: string): Promise<number> => key.length }
  },
})

export const report = definePlugin({
  name: 'report',
  version: '1.0.0',
  dependencies: [cache, 'third-party'],
  setup(ctx) {
    expectTypeOf(ctx.config).toEqualTypeOf<Readonly<Record<string, never>>>()
    expectTypeOf(ctx.getPlugin('cache').getService().get).returns.resolves.toBeNumber()
    expectTypeOf(ctx.getPlugin('third-party').getService()).toBeUnknown()
    // @ts-expect-error not a declared dependency
    ctx.getPlugin('cahce')
  },
})

export const lonely = definePlugin({
  name: 'lonely',
  version: '1.0.0',
  setup(ctx) {
    // @ts-expect-error no dependencies declared
    ctx.getPlugin('cache')
  },
})

declare module '@agentproxy/plugin' {
  interface Events {
    'data.produced': { readonly value: number }
  }
}

declare const ctx: PluginContext

ctx.hook('task.start', ({ prompt }) => (prompt.includes('forbidden') ? block('no') : undefined))
ctx.hook('task.start', ({ prompt }) => modify({ prompt: `${prompt}!` }))
ctx.hook('task.start', async () => ok())
ctx.hook('task.start', () => {})
ctx.hook('upstream.call', async (_call, next) => next())
ctx.hook('model.route', ({ model }) => (model === 'x' ? { provider: 'anthropic', model } : null))
ctx.task('evict', { everyMs: 60_000, jitterMs: 100, skipInitialRun: true, timeoutMs: 10 }, () => false)
ctx.task('evict', { everyMs: 1 }, async ({ signal }) => expectTypeOf(signal).toEqualTypeOf<AbortSignal>())
ctx.health(() => ({ status: 'pass' }))
ctx.health(async (signal) => ({ status: 'warn', output: String(signal.aborted), details: { size: 1 } }))
ctx.events.on('data.produced', ({ value }) => expectTypeOf(value).toBeNumber())
ctx.events.on('anything.else', (event) => expectTypeOf(event).toBeUnknown())

// @ts-expect-error an observer cannot block
ctx.hook('task.complete', () => block('no'))
// @ts-expect-error a guard cannot modify
ctx.hook('file.change', () => modify({ path: 'x' }))
// @ts-expect-error taskId is not a field that may be modified
ctx.hook('task.start', () => modify({ taskId: 'x' }))
// @ts-expect-error the prompt is a string
ctx.hook('task.start', () => modify({ prompt: 1 }))
// @ts-expect-error no such hook
ctx.hook('task.strat', () => {})
// @ts-expect-error an answer needs a provider and a model
ctx.hook('model.route', () => ({ provider: 'anthropic' }))
// @ts-expect-error an around handler must return a result
ctx.hook('upstream.call', async (_call, next) => void (await next()))
// @ts-expect-error the event carries a number
ctx.events.emit('data.produced', { value: 'one' })
// @ts-expect-error a task needs its interval
ctx.task('evict', { jitterMs: 100 }, () => {})
ctx.task('report', { cron: '0 3 * * *', timeZone: 'Europe/Berlin' }, () => {})
// @ts-expect-error either an interval or set times
ctx.task('evict', { everyMs: 1000, cron: '* * * * *' }, () => {})
ctx.route('GET', '/items/:id', (_request, { params }) => Response.json(params))
// @ts-expect-error a route answers with a Response
ctx.route('GET', '/stats', () => ({ size: 1 }))
// @ts-expect-error no such method
ctx.route('FETCH', '/stats', () => new Response())
// @ts-expect-error no such layer
ctx.middleware('logging', (request, next) => next(request))
// @ts-expect-error a middleware gives the response back
ctx.middleware('security', async (request, next) => void (await next(request)))
// @ts-expect-error a check gives a verdict
ctx.check({ name: 'lint', description: 'No warnings', run: () => ({ passed: true }) })
// @ts-expect-error a secret is not a string
void ctx.http('https://api.example.com', { headers: { authorization: ctx.secrets.get('key') } })
// @ts-expect-error a status is pass, warn or fail
ctx.health(() => ({ status: 'ok' }))
