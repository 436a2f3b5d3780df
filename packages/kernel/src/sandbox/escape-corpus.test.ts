import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PluginError } from '@agentproxy/plugin'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PluginManager } from '../plugin-manager.ts'
import { CANARY, GUEST, openEscapeHost } from '../testing/escape-host.ts'
import type { EscapeHost } from '../testing/escape-host.ts'
import { lagDuring } from '../testing/loop-lag.ts'
import { ambient } from './escape-corpus/ambient.ts'
import type { Attempt } from './escape-corpus/attempt.ts'
import { bombs } from './escape-corpus/bombs.ts'
import { capabilities } from './escape-corpus/capabilities.ts'
import { tricks } from './escape-corpus/tricks.ts'
import { findDeno } from './find-deno.ts'
import { SandboxedPlugin } from './sandboxed-plugin.ts'

const attempts = [...ambient, ...tricks, ...capabilities, ...bombs]
/** Milliseconds the host's event loop may be late while a bomb goes off. */
const MAX_LAG_MS = 50

it('has at least sixty attempts, each with a name of its own', () => {
  expect(attempts.length).toBeGreaterThanOrEqual(60)
  expect(new Set(attempts.map(({ name }) => name)).size).toBe(attempts.length)
})

const engines = (['quickjs', 'deno'] as const).filter((engine) => engine === 'quickjs' || findDeno() !== null)
if (!engines.includes('deno'))
  it.skip('is run against Deno too, where AGENTPROXY_DENO or an installed package has its binary', () => {})

describe.each(engines)('no guest of %s can', (engine) => {
  const applies = ({ only }: Attempt): boolean => only === undefined || only === engine
  let host: EscapeHost
  let manager: PluginManager
  const heard: unknown[] = []
  const logged: unknown[] = []
  const keep = (_message: string, fields: unknown = {}): void => void logged.push(fields)

  beforeAll(async () => {
    host = await openEscapeHost()
    process.env['AGENTPROXY_CANARY'] = CANARY
    Object.assign(globalThis, { hostCanary: CANARY })
    manager = new PluginManager({ log: { debug: keep, info: keep, warn: keep, error: keep } })
    await manager.loadPlugin({
      name: 'witness',
      version: '1.0.0',
      setup: (ctx) => void ctx.events.on('session.closed', (event) => void heard.push(event)),
    })
    await loadGuest(2000)
  })
  afterAll(async () => {
    await manager.shutdownAll()
    await host.close()
    delete process.env['AGENTPROXY_CANARY']
    Reflect.deleteProperty(globalThis, 'hostCanary')
  })

  async function loadGuest(timeoutMs: number): Promise<void> {
    const { permissions, lookup } = host
    // Deno's own heap breathes by more than a few megabytes.
    const resources = { memory: engine === 'deno' ? '64MB' : '16MB', timeoutMs }
    await manager.loadPlugin(
      new SandboxedPlugin({ name: 'escape', code: GUEST, engine, permissions, lookup, resources }),
    )
  }

  const attempt = (code: string): Promise<string> =>
    manager.executeTool('escape.try', { code, given: host.given }).then(
      (value) => JSON.stringify(value),
      (error: unknown) => (PluginError.is(error) ? `${error.code}: ${error.message}` : String(error)),
    )
  const metrics = () => manager.getPluginMetrics()['escape']?.sandbox

  async function expectHonestWork(): Promise<void> {
    expect(await manager.executeTool('escape.honest', { a: 1, b: 2 })).toBe(3)
  }

  /** Waits for a disabling that was asked for, since changes run one after another, and brings the plugin back. */
  async function revive(): Promise<void> {
    await manager.unloadPlugin('none').catch(() => {})
    if (manager.getPlugin('escape').status === 'disabled') await manager.reloadPlugin('escape')
  }
  beforeEach(revive)

  function expectUntouchedHost(outcome: string): void {
    expect(outcome).not.toContain(CANARY)
    expect(host.reached()).toBe(0)
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined()
    expect(heard).toEqual([])
    expect(logged.filter((fields) => (fields as { plugin?: string }).plugin === 'witness')).toEqual([])
    expect(readdirSync(host.root).sort()).toEqual([
      'own',
      'own-other',
      'private',
      'secret.json',
      'secret.txt',
      'writable',
    ])
    expect(readFileSync(join(host.root, 'secret.txt'), 'utf8')).toBe(CANARY)
    expect(readFileSync(join(host.given.folder, 'own.txt'), 'utf8')).toBe('own')
  }

  it.each([...ambient, ...tricks, ...capabilities].filter(applies))('$name', async (one) => {
    const before = metrics()?.denials ?? 0
    const outcome = await attempt(one.code)
    if (one.refused !== undefined) expect(outcome).toMatch(one.refused)
    else if (one.limits !== undefined) expect(outcome).toMatch(/^SANDBOX_LIMIT/)
    else if (engine === 'quickjs' || !('gets' in one)) expect(JSON.parse(outcome)).toEqual(one.gets)
    if (outcome.includes('SANDBOX_DENIED') || /not (listed|among|under)|is a link/.test(outcome))
      expect(metrics()?.denials).toBeGreaterThan(before)
    expectUntouchedHost(outcome)
    await revive()
    if (one.spoils === true) await manager.reloadPlugin('escape')
    await expectHonestWork()
  })

  describe('starve the host:', () => {
    beforeAll(async () => {
      await manager.unloadPlugin('escape')
      await loadGuest(400)
    })

    it.each(bombs.filter(applies))('$name', async (one) => {
      let lag = Infinity
      // A collection of garbage may fall into one round; what counts is whether the bomb itself must hold the loop up.
      for (let round = 0; round < 3 && lag >= MAX_LAG_MS; round += 1) {
        let outcome = ''
        lag = await lagDuring(async () => (outcome = await attempt(one.code)))
        expect(outcome).toMatch(/^SANDBOX_LIMIT/)
        expect(one.limits).toContain(metrics()?.limits.at(-1))
        expectUntouchedHost(outcome)
        await revive()
        await expectHonestWork()
      }
      expect(lag).toBeLessThan(MAX_LAG_MS)
    })
  })
})
