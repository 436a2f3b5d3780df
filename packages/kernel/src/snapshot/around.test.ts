import type { HookHandler, HookOptions, Hooks, UpstreamResult } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { upstreamCall } from '../testing/payloads.ts'
import { createTestHost, hangs, plugin } from '../testing/test-host.ts'

type Handler = HookHandler<Hooks['upstream.call']>

const answer: UpstreamResult = { kind: 'response', status: 200, headers: {}, body: 'own' }
const relayed: UpstreamResult = { kind: 'relayed', status: 200, usage: null, durationMs: 1 }

async function around(handler: Handler, options: HookOptions = {}) {
  const host = createTestHost()
  await host.manager.loadPlugin(plugin('wrap', (ctx) => void ctx.hook('upstream.call', handler, options)))
  let calls = 0
  const run = (action: () => Promise<UpstreamResult> = async () => relayed) =>
    host.manager.live.hooks['upstream.call']?.(upstreamCall, () => {
      calls += 1
      return action()
    })
  return { ...host, run, calls: () => calls }
}

describe('an around hook', () => {
  it('is an onion: the first handler is outermost', async () => {
    const { manager } = createTestHost()
    const steps: string[] = []
    for (const name of ['outer', 'inner'])
      await manager.loadPlugin(
        plugin(name, (ctx) => {
          ctx.hook('upstream.call', async (_call, next) => {
            steps.push(`${name} in`)
            const result = await next()
            steps.push(`${name} out`)
            return result
          })
        }),
      )
    const result = await manager.live.hooks['upstream.call']?.(upstreamCall, async () => {
      steps.push('action')
      return relayed
    })
    expect(result).toBe(relayed)
    expect(steps).toEqual(['outer in', 'inner in', 'action', 'inner out', 'outer out'])
  })

  it('lets a handler answer instead of the action', async () => {
    const { run, calls } = await around(() => answer)
    expect(await run()).toBe(answer)
    expect(calls()).toBe(0)
  })

  it('falls through to the action where a handler fails before next', async () => {
    const { run, calls, failures } = await around(() => {
      throw new Error('boom')
    })
    expect(await run()).toBe(relayed)
    expect(calls()).toBe(1)
    expect(failures[0]).toContain('plugin wrap (generation 1), hook upstream.call: failed: boom')
  })

  it('rejects instead where that handler says block', async () => {
    const { run, calls } = await around(
      async () => {
        throw new Error('no budget')
      },
      { onError: 'block' },
    )
    await expect(run()).rejects.toMatchObject({ code: 'HOOK_FAILED', plugin: 'wrap' })
    expect(calls()).toBe(0)
  })

  it('keeps the outcome of the action where a handler fails after it', async () => {
    const { run, calls, failures } = await around(
      async (_call, next) => {
        await next()
        throw new Error('after')
      },
      { onError: 'block' },
    )
    expect(await run()).toBe(relayed)
    expect(calls()).toBe(1)
    expect(failures).toHaveLength(1)
  })

  it('runs the action once, and reports the second call of next', async () => {
    const { run, calls, failures } = await around(async (_call, next) => {
      await next()
      return next()
    })
    expect(await run()).toBe(relayed)
    expect(calls()).toBe(1)
    expect(failures.some((failure) => failure.includes('called next() twice'))).toBe(true)
  })

  it('passes on what the action rejected with, and does not blame the handler', async () => {
    const { run, failures } = await around((_call, next) => next())
    await expect(run(() => Promise.reject(new Error('upstream down')))).rejects.toThrow('upstream down')
    expect(failures).toEqual([])
  })

  it('lets a handler rescue a failed action', async () => {
    const { run } = await around((_call, next) => next().catch(() => answer))
    expect(await run(() => Promise.reject(new Error('upstream down')))).toBe(answer)
  })

  it('takes the action for a handler that forgot to return it', async () => {
    const { run, calls, failures } = await around((async (_call: unknown, next: () => Promise<unknown>) => {
      await next()
    }) as unknown as Handler)
    expect(await run()).toBe(relayed)
    expect(calls()).toBe(1)
    expect(failures[0]).toContain('returned nothing')
  })

  it("counts only the handler's own time, not that of the action", async () => {
    const { run, failures } = await around(
      async (_call, next) => {
        await Promise.resolve()
        return next()
      },
      { timeoutMs: 15 },
    )
    const slow = () => new Promise<UpstreamResult>((resolve) => setTimeout(() => resolve(relayed), 80))
    expect(await run(slow)).toBe(relayed)
    expect(failures).toEqual([])
  })

  it('gives up on a handler that hangs, before and after the action', async () => {
    const before = await around(hangs, { timeoutMs: 15 })
    expect(await before.run()).toBe(relayed)
    const after = await around(
      async (_call, next) => {
        await next()
        return hangs()
      },
      { timeoutMs: 15 },
    )
    expect(await after.run()).toBe(relayed)
    expect([before.calls(), after.calls()]).toEqual([1, 1])
    expect(after.failures[0]).toContain('took longer than 15 ms')
  })

  it('does not run the action again for a handler that was given up', async () => {
    let late: Promise<unknown> = Promise.resolve()
    const { run, calls } = await around(
      async (_call, next) => {
        await new Promise((resolve) => setTimeout(resolve, 60))
        late = next()
        return answer
      },
      { timeoutMs: 15 },
    )
    expect(await run()).toBe(relayed)
    await new Promise((resolve) => setTimeout(resolve, 80))
    await expect(late).rejects.toThrow('called next() after it had ended')
    expect(calls()).toBe(1)
  })
})
