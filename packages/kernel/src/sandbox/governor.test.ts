import { expect, it } from 'vitest'
import { createTestHost } from '../testing/test-host.ts'
import { findDeno } from './find-deno.ts'
import { SandboxedPlugin } from './sandboxed-plugin.ts'

it.skipIf(findDeno() === null)('ends a Deno guest that goes on working between its calls', async () => {
  const { manager } = createTestHost()
  const code = `plugin.tool('guest.spin', { description: '', parameters: {}, execute: () => {
    const spin = async () => { for (;;) { const end = Date.now() + 20; while (Date.now() < end); await plugin.files.read('x').catch(() => {}) } }
    void spin()
    return 'started' } })`
  const resources = { cpu: '20%', timeoutMs: 1000 }
  await manager.loadPlugin(new SandboxedPlugin({ name: 'guest', code, engine: 'deno', resources }))
  expect(await manager.executeTool('guest.spin')).toBe('started')
  await expect
    .poll(() => manager.getPluginMetrics()['guest']?.sandbox?.limits, { timeout: 10_000 })
    .toEqual(['cpu'])
})
