import { getEventListeners } from 'node:events'
import type { PluginContext, ToolContext } from '@agentproxy/plugin'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTestHost, hangs, plugin } from '../testing/test-host.ts'

async function toolHost() {
  const host = createTestHost()
  const seen: ToolContext[] = []
  await host.manager.loadPlugin(
    plugin('kit', (ctx: PluginContext) => {
      ctx.tool('kit.double', {
        description: 'doubles',
        parameters: z.object({ value: z.number(), times: z.int().default(2) }),
        execute: async ({ value, times }, context) => {
          seen.push(context)
          return value * times
        },
      })
      ctx.tool('kit.raw', {
        description: 'echoes',
        parameters: {
          type: 'object',
          properties: {
            text: { type: 'string' },
            count: { type: ['integer', 'null'] },
            mode: { enum: ['fast', 'slow'] },
          },
          required: ['text'],
        },
        execute: (parameters) => parameters,
      })
      ctx.tool('kit.throws', {
        description: 'fails',
        parameters: {},
        execute: () => {
          throw new Error('disk full')
        },
      })
      ctx.tool('kit.hangs', {
        description: 'hangs',
        parameters: {},
        execute: (_parameters, context) => {
          seen.push(context)
          return hangs()
        },
      })
    }),
  )
  return { ...host, seen }
}

describe('executing a tool', () => {
  it('runs many calls at once without a warning of a leak', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const { manager } = await toolHost()
    const calls = Array.from({ length: 50 }, (_, value) => manager.executeTool('kit.double', { value }))
    expect(await Promise.all(calls)).toHaveLength(50)
    // Warnings are told in a later tick.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it("gives the schema's output to the tool and its value back", async () => {
    const { manager, seen } = await toolHost()
    const options = { userId: 'u1', requestId: 'r1' }
    expect(await manager.executeTool('kit.double', { value: 4 }, options)).toBe(8)
    expect(seen[0]).toMatchObject(options)
    expect(manager.getPlugin('kit').counters).toMatchObject({ toolCalls: 1, toolErrors: 0 })
    expect(Object.keys(manager.getAllTools())).toEqual(['kit.double', 'kit.raw', 'kit.throws', 'kit.hangs'])
  })

  it('suggests the nearest name for an unknown tool', async () => {
    const { manager } = await toolHost()
    await expect(manager.executeTool('kit.duoble')).rejects.toMatchObject({
      code: 'TOOL_NOT_FOUND',
      message: 'there is no tool kit.duoble; did you mean kit.double?',
    })
    await expect(manager.executeTool('something.else')).rejects.toThrow(/^there is no tool something.else$/)
  })

  it('refuses invalid parameters with path and reason, and does not run the tool', async () => {
    const { manager, seen } = await toolHost()
    const refused = manager.executeTool('kit.double', { value: 'x' })
    await expect(refused).rejects.toMatchObject({
      code: 'TOOL_INPUT_INVALID',
      plugin: 'kit',
      tool: 'kit.double',
    })
    await expect(refused).rejects.toThrow(/invalid: value: /)
    expect(seen).toEqual([])
  })

  it.each([
    [{ count: 1 }, 'text: is required'],
    [{ text: 1 }, 'text: must be string'],
    [{ text: 'a', count: 1.5 }, 'count: must be integer or null'],
    [{ text: 'a', mode: 'odd' }, 'mode: must be one of "fast", "slow"'],
    [['a'], 'must be an object'],
  ])('checks required, type and enum of JSON Schema data: %j', async (parameters, problem) => {
    const { manager } = await toolHost()
    await expect(manager.executeTool('kit.raw', parameters)).rejects.toThrow(problem)
    expect(await manager.executeTool('kit.raw', { text: 'a', count: null })).toEqual({
      text: 'a',
      count: null,
    })
  })

  it('names tool and plugin of a failure and keeps its cause', async () => {
    const { manager } = await toolHost()
    const error = await manager.executeTool('kit.throws').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TOOL_FAILED', tool: 'kit.throws', plugin: 'kit' })
    expect((error as Error).message).toBe('tool kit.throws of plugin kit failed: disk full')
    expect((error as Error).cause).toMatchObject({ message: 'disk full' })
  })

  it("ends a tool at its time limit, at the caller's abort and with its plugin", async () => {
    const { manager, seen } = await toolHost()
    await expect(manager.executeTool('kit.hangs', {}, { timeout: 15 })).rejects.toMatchObject({
      code: 'TOOL_TIMEOUT',
    })
    const controller = new AbortController()
    const cancelled = manager.executeTool('kit.hangs', {}, { signal: controller.signal })
    await new Promise((resolve) => setImmediate(resolve))
    await manager.executeTool('kit.double', { value: 1 }, { signal: controller.signal })
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort(new Error('changed my mind'))
    await expect(cancelled).rejects.toThrow('was cancelled: changed my mind')
    await expect(manager.executeTool('kit.hangs', {}, { signal: controller.signal })).rejects.toThrow(
      'cancelled',
    )
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    expect(seen.map(({ signal }) => signal.aborted)).toEqual([true, true, false])
  })

  it('settles each call of a batch by itself', async () => {
    const { manager } = await toolHost()
    const outcomes = await manager.executeTools([
      { tool: 'kit.double', parameters: { value: 1 } },
      { tool: 'kit.throws' },
      { tool: 'kit.none' },
    ])
    expect(outcomes.map((one) => (one.ok ? one.value : one.error.code))).toEqual([
      2,
      'TOOL_FAILED',
      'TOOL_NOT_FOUND',
    ])
  })

  it('tells the bus of each call that ran', async () => {
    const { manager } = await toolHost()
    const heard: string[] = []
    await manager.loadPlugin(
      plugin('audit', (ctx) => {
        ctx.events.on('tool.executed', (event) => {
          heard.push(`${event.plugin} ${event.tool} ${event.success}`)
          expect(event.duration).toBeGreaterThanOrEqual(0)
        })
      }),
    )
    await manager.executeTools([{ tool: 'kit.double', parameters: { value: 1 } }, { tool: 'kit.throws' }])
    expect(heard.sort()).toEqual(['kit kit.double true', 'kit kit.throws false'])
  })
})
