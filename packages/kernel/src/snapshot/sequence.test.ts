import { block, modify, ok } from '@agentproxy/plugin'
import type { HookHandler, HookOptions, Hooks } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { fileChange, permissionRequest, taskStart } from '../testing/payloads.ts'
import { createTestHost, hangs, plugin } from '../testing/test-host.ts'

type GuardHandler = HookHandler<Hooks['file.change']>
type TransformHandler = HookHandler<Hooks['task.start']>

async function guard(handler: GuardHandler, options: HookOptions = {}) {
  const host = createTestHost()
  await host.manager.loadPlugin(plugin('watch', (ctx) => void ctx.hook('file.change', handler, options)))
  return { ...host, run: () => host.manager.live.hooks['file.change']?.(fileChange) }
}

async function transforms(...handlers: readonly TransformHandler[]) {
  const host = createTestHost()
  for (const [index, handler] of handlers.entries())
    await host.manager.loadPlugin(plugin(`p${index}`, (ctx) => void ctx.hook('task.start', handler)))
  return { ...host, run: () => host.manager.live.hooks['task.start']?.(taskStart) }
}

describe('a guard', () => {
  it('passes without a promise when its handlers are synchronous', async () => {
    const { run } = await guard(() => ok())
    expect(run()).toEqual({ blocked: false })
  })

  it('names the plugin that blocked first and asks nobody after it', async () => {
    const { manager } = createTestHost()
    const asked: string[] = []
    for (const name of ['one', 'two', 'three'])
      await manager.loadPlugin(
        plugin(name, (ctx) => {
          ctx.hook('file.change', async () => {
            asked.push(name)
            return name === 'one' ? undefined : block(`${name} says no`)
          })
        }),
      )
    expect(await manager.live.hooks['file.change']?.(fileChange)).toEqual({
      blocked: true,
      reason: 'two says no',
      plugin: 'two',
    })
    expect(asked).toEqual(['one', 'two'])
  })

  it('awaits thenables that are not promises of this realm', async () => {
    const blocked = block('later')
    const { run } = await guard((() => ({
      // oxlint-disable-next-line unicorn/no-thenable -- a foreign promise is the subject
      then: (resolve: (value: unknown) => void) => resolve(blocked),
    })) as unknown as GuardHandler)
    expect(await run()).toMatchObject({ blocked: true, reason: 'later' })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('boom')
      },
      'boom',
    ],
    [
      'rejects later',
      async () => {
        await Promise.resolve()
        throw new Error('late')
      },
      'late',
    ],
    [
      'throws something that is no error',
      () => {
        throw 'words'
      },
      'words',
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      'undefined',
    ],
    ['answers nonsense', () => 'yes', 'ok() or block()'],
    ['tries to modify', () => modify({ path: 'b' }), 'ok() or block()'],
  ])('goes on past a handler that %s, and reports who it was', async (_what, handler, words) => {
    const { run, failures, log } = await guard(handler as unknown as GuardHandler)
    expect(await run()).toEqual({ blocked: false })
    expect(failures).toHaveLength(1)
    expect(failures[0]).toContain('plugin watch (generation 1), hook file.change')
    expect(failures[0]).toContain(words)
    expect(log.at(-1)).toMatchObject({ level: 'error', fields: { plugin: 'watch', generation: 1 } })
  })

  it('blocks where a failing handler says so', async () => {
    const { run } = await guard(
      () => {
        throw new Error('cannot tell')
      },
      { onError: 'block' },
    )
    const verdict = await run()
    expect(verdict).toMatchObject({ blocked: true, plugin: 'watch' })
    expect(verdict?.blocked === true && verdict.reason).toContain('cannot tell')
  })

  it('gives up on a handler that hangs', async () => {
    const { run, manager } = await guard(hangs, { timeoutMs: 20, onError: 'block' })
    const codes: string[] = []
    manager.on('plugin.error', (_plugin, { error }) => void codes.push(error.code))
    expect(await run()).toMatchObject({ blocked: true, plugin: 'watch' })
    expect(codes).toEqual(['HOOK_TIMEOUT'])
  })
})

describe('a transform', () => {
  it('shows each handler what the former made of the payload, and leaves the original alone', async () => {
    const { run } = await transforms(
      ({ prompt }) => modify({ prompt: `${prompt} a` }),
      async ({ prompt }) => modify({ prompt: `${prompt} b` }),
      ({ prompt }) => (prompt === 'fix it a b' ? modify({ workingDir: '/work' }) : undefined),
    )
    expect(await run()).toEqual({
      blocked: false,
      payload: { ...taskStart, prompt: 'fix it a b', workingDir: '/work' },
    })
    expect(taskStart.prompt).toBe('fix it')
  })

  it('refuses a patch with a field that may not be modified, whole', async () => {
    const forged: { readonly prompt: string } = Object.assign({ prompt: 'x' }, { taskId: 'forged' })
    const { run, failures } = await transforms(() => modify(forged))
    expect(run()).toEqual({ blocked: false, payload: taskStart })
    expect(failures[0]).toContain('may not modify taskId; it may modify prompt, workingDir, checks, budgets')
  })

  it('stops at a block', async () => {
    const { run } = await transforms(
      () => modify({ prompt: 'changed' }),
      () => block('forbidden'),
      () => {
        throw new Error('never asked')
      },
    )
    expect(run()).toEqual({ blocked: true, reason: 'forbidden', plugin: 'p1' })
  })
})

describe('a first hook', () => {
  it('takes the first answer that is not null', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(
      plugin('routes', (ctx) => {
        ctx.hook('model.route', () => null)
        ctx.hook('model.route', async () => ({ provider: 'second', model: 'm' }))
        ctx.hook('model.route', () => ({ provider: 'third', model: 'm' }))
      }),
    )
    const request = {
      exchangeId: 'x',
      identity: { kind: 'owner', taskId: null, purpose: null },
      format: 'anthropic',
      model: 'm',
    } as const
    expect(await manager.live.hooks['model.route']?.(request)).toEqual({ provider: 'second', model: 'm' })
  })

  it('denies a permission where a failing handler says block', async () => {
    const { manager } = createTestHost()
    await manager.loadPlugin(
      plugin('policy', (ctx) => {
        ctx.hook(
          'permission.request',
          () => {
            throw new Error('rules unreadable')
          },
          { onError: 'block' },
        )
        ctx.hook('permission.request', () => ({ decision: 'allow', reason: 'fine' }))
      }),
    )
    const answer = await manager.live.hooks['permission.request']?.(permissionRequest)
    expect(answer).toMatchObject({ decision: 'deny' })
    expect(answer?.reason).toContain('rules unreadable')
  })
})

describe('order', () => {
  it('is pre, normal, post, then dependencies, then load order', async () => {
    const { manager } = createTestHost()
    const heard: string[] = []
    const listens = (name: string, dependencies: readonly string[] = []) =>
      plugin(
        name,
        (ctx) => {
          for (const order of ['post', 'normal', 'pre'] as const)
            ctx.hook('file.change', () => void heard.push(`${order} ${name}`), { order })
        },
        dependencies,
      )
    for (const one of [listens('b'), listens('a'), listens('c', ['a'])]) await manager.loadPlugin(one)
    await manager.reloadPlugin('a')
    await manager.live.hooks['file.change']?.(fileChange)
    expect(heard).toEqual(
      ['pre', 'normal', 'post'].flatMap((order) => [`${order} b`, `${order} a`, `${order} c`]),
    )
  })

  it('refuses options that could not work', async () => {
    const { manager } = createTestHost()
    const observing = plugin('o', (ctx) => void ctx.hook('task.complete', () => {}, { onError: 'block' }))
    await expect(manager.loadPlugin(observing)).rejects.toMatchObject({ code: 'PLUGIN_INVALID' })
    const misspelt = plugin('m', (ctx) => void ctx.hook('task.strat' as 'task.start', () => {}))
    await expect(manager.loadPlugin(misspelt)).rejects.toThrow('there is no hook task.strat')
  })

  it('has a null slot for every unheard hook, and knows whether a body is wanted', async () => {
    const { manager } = createTestHost()
    expect(Object.values(manager.live.hooks).every((slot) => slot === null)).toBe(true)
    expect(Object.isFrozen(manager.live) && Object.isFrozen(manager.live.hooks)).toBe(true)
    await manager.loadPlugin(plugin('headers', (ctx) => void ctx.hook('request.prepare', () => {})))
    expect(manager.live.requestBodyNeeded).toBe(false)
    await manager.loadPlugin(
      plugin('body', (ctx) => void ctx.hook('request.prepare', () => {}, { needsBody: true })),
    )
    expect(manager.live.requestBodyNeeded).toBe(true)
    expect(manager.live.upstreamAnswerNeeded).toBe(false)
    await manager.loadPlugin(
      plugin(
        'answer',
        (ctx) => void ctx.hook('upstream.call', (_call, next) => next(), { needsAnswer: true }),
      ),
    )
    expect(manager.live.upstreamAnswerNeeded).toBe(true)
  })
})

describe('what runs after an act', () => {
  it('unwinds: who came first before it comes last after it, within each order group', async () => {
    const { manager } = createTestHost()
    const asked: string[] = []
    for (const name of ['one', 'two'])
      await manager.loadPlugin(
        plugin(name, (ctx) => {
          ctx.hook('function.before', () => void asked.push(`before ${name}`))
          ctx.hook('function.after', () => void asked.push(`after ${name}`))
          ctx.hook('function.after', () => void asked.push(`early ${name}`), { order: 'pre' })
        }),
      )
    const call = { taskId: 't', turn: 1, function: 'diff', arguments: {} }
    await manager.live.hooks['function.before']?.(call)
    await manager.live.hooks['function.after']?.({ ...call, ok: true, result: '', durationMs: 1 })
    expect(asked).toEqual(['before one', 'before two', 'early two', 'early one', 'after two', 'after one'])
  })
})
