import { definePlugin } from '@agentproxy/plugin'
import type { Plugin } from '@agentproxy/plugin'
import { describe, expect, test } from 'vitest'
import { formatReport } from '../report/format-report.ts'
import { runContract } from '../report/run-contract.ts'
import { badPlugins, goodAgent, goodProvider } from './bad-plugins.test-support.ts'
import { contract, contractRules } from './contract.ts'

const idsOf = (report: Awaited<ReturnType<typeof runContract>>, outcome: string): string[] =>
  report.checks.filter((check) => check.outcome === outcome).map(({ id }) => id)

describe('each fault is found by its own check and by no other', () => {
  test.each(badPlugins)('$fails: $title', async ({ plugin, fails, options }) => {
    const report = await runContract(plugin, options)
    expect(idsOf(report, 'fail'), formatReport(report)).toEqual(fails)
    expect(report).toMatchObject({ ok: false, failed: fails.length })
  })

  test('every check has a plugin that fails it', () => {
    const proved = new Set(badPlugins.flatMap(({ fails }) => fails))
    expect(contractRules.map(({ id }) => id).filter((id) => !proved.has(id))).toEqual([])
  })
})

test('a plugin with something of everything passes every check, and none is left out', async () => {
  const dependency = definePlugin({ name: 'base', version: '1.0.0', setup: () => undefined })
  const plugin = {
    ...definePlugin({
      name: 'good',
      version: '1.0.0',
      prefix: '/good',
      dependencies: [dependency],
      config: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) =>
            typeof value !== 'object' || value === null || Array.isArray(value)
              ? { issues: [{ message: 'must be an object' }] }
              : { value: { baseUrl: 'https://api.example.com', ...value } },
        },
      },
      setup(ctx) {
        const { baseUrl } = ctx.config as { readonly baseUrl: string }
        const timer = setInterval(() => {}, 60_000)
        ctx.onDispose(() => clearInterval(timer))
        ctx.hook('task.start', ({ prompt }) =>
          prompt === '' ? { action: 'block', reason: 'say something' } : undefined,
        )
        ctx.hook('upstream.call', (_payload, next) => next())
        ctx.tool('good.read', {
          description: 'reads',
          parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
          execute: () => null,
        })
        ctx.route('POST', '/items/:id', async (request) => {
          const body: unknown = await request.json().catch(() => null)
          return body === null ? new Response('bad JSON', { status: 400 }) : Response.json(body)
        })
        ctx.middleware('security', (_request, next) => next())
        ctx.health(() => ({ status: 'pass' }))
        ctx.events.on('good.event', () => {})
        ctx.provider({ ...goodProvider, endpoints: { anthropic: { url: `${baseUrl}/v1/messages` } } })
        ctx.agent(goodAgent)
      },
    }),
    permissions: { network: [], events: ['good.event'] },
  }
  const report = await runContract(plugin, { plugins: [dependency] })
  expect(report, formatReport(report)).toMatchObject({ ok: true, failed: 0, skipped: 0 })
  expect(report.passed).toBe(contractRules.length)
})

test('a class plugin keeps the contract as an instance and as a class', async () => {
  class Greeter implements Plugin {
    name = 'greeter'
    #stop = (): void => {}
    initialize(): void {
      const timer = setInterval(() => {}, 60_000)
      this.#stop = () => clearInterval(timer)
    }
    shutdown(): void {
      this.#stop()
    }
    getTools() {
      return { 'greeter.hello': { description: 'greets', execute: () => 'hello' } }
    }
  }
  for (const plugin of [Greeter, new Greeter()]) {
    const report = await runContract(plugin)
    expect(idsOf(report, 'fail'), formatReport(report)).toEqual([])
    expect(idsOf(report, 'pass')).toContain('tools.refuse')
  }
})

test('a check that is left out says why, and one that does not exist cannot be', async () => {
  const plugin = definePlugin({ name: 'bad', version: 'one', setup: () => undefined })
  const report = await runContract(plugin, { skip: { 'manifest.version': 'not yet released' } })
  expect(report.ok).toBe(true)
  expect(report.checks.find(({ id }) => id === 'manifest.version')).toMatchObject({
    outcome: 'skip',
    reason: 'not yet released',
  })
  expect(() => contract(plugin, { skip: { 'manifest.versions': 'x' } })).toThrow('no check manifest.versions')
})

test('what a plugin depends on must be given, and the report says so', async () => {
  const plugin = definePlugin({
    name: 'needy',
    version: '1.0.0',
    dependencies: ['base'],
    setup: () => undefined,
  })
  const report = await runContract(plugin)
  expect(idsOf(report, 'fail')).toEqual(['setup.deadline'])
  expect(formatReport(report)).toContain('give what it depends on as `plugins`')
})
