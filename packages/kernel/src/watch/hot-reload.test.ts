import { createHook } from 'node:async_hooks'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTestHost, tempFolder, writeFiles } from '../testing/test-host.ts'
import type { PluginManagerOptions } from '../plugin-manager-options.ts'

const DELAY_MS = 30

function hotHost(options: PluginManagerOptions = {}) {
  const host = createTestHost({ hotReload: true, reloadDelay: DELAY_MS, ...options })
  const reloaded: string[] = []
  const failed: string[] = []
  host.manager.on('plugin.reloaded', (name) => void reloaded.push(name))
  host.manager.on('plugin.failed', (name, error) => void failed.push(`${name}: ${error.message}`))
  const service = (name: string): unknown => host.manager.getPlugin(name).getService()
  const becomes = (name: string, value: unknown) =>
    expect.poll(() => service(name), { timeout: 10_000, interval: 10 }).toEqual(value)
  return { ...host, reloaded, failed, service, becomes }
}

/** Long enough for any reload that a change would have brought. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 10 * DELAY_MS))

const giving = (name: string, value: string, needs: readonly string[] = []) =>
  `export default { name: '${name}', version: '1.0.0', dependencies: ${JSON.stringify(needs)}, setup: () => '${value}' }`

const importing = (name: string, file: string) =>
  `import { part } from '${file}'
export default { name: '${name}', version: '1.0.0', setup: () => part }`

describe('a change on disk', () => {
  it('reloads the plugin that read the file, keeps its storage, and touches no other', async () => {
    const { manager, becomes, reloaded } = hotHost()
    const folder = await tempFolder({
      'a.ts': `import { part } from './deep/part.js'
export default { name: 'a', version: '1.0.0', async setup(ctx) {
  const loads: number = ((await ctx.storage.get('loads')) ?? 0) + 1
  await ctx.storage.set('loads', loads)
  return { part, loads }
} }`,
      'deep/part.ts': `export const part: string = 'one'`,
      'b.cjs': `module.exports = { name: 'b', version: '1.0.0', setup: () => require('./helper') }`,
      'helper.js': `module.exports = 'one'`,
      'other.txt': '',
    })
    for (const file of ['a.ts', 'b.cjs']) await manager.loadPlugin(join(folder, file))
    await becomes('a', { part: 'one', loads: 1 })
    await writeFiles(folder, { 'other.txt': 'changed' })
    await quiet()
    expect(reloaded).toEqual([])
    await writeFiles(folder, { 'deep/part.ts': `export const part: string = 'two'` })
    await becomes('a', { part: 'two', loads: 2 })
    await writeFiles(folder, { 'helper.js': `module.exports = 'two'` })
    await becomes('b', 'two')
    expect(reloaded).toEqual(['a', 'b'])
  })

  it('is seen however an editor saves, and when the folder itself is replaced', async () => {
    const { manager, becomes } = hotHost()
    const folder = await tempFolder({ 'own/a.mjs': giving('a', 'one') })
    const file = join(folder, 'own/a.mjs')
    await manager.loadPlugin(file)
    for (const value of ['two', 'three']) {
      await writeFile(`${file}.new`, giving('a', value))
      await rename(`${file}.new`, file)
      await becomes('a', value)
    }
    await rename(file, `${file}~`)
    await writeFile(file, giving('a', 'four'))
    await becomes('a', 'four')
    const handle = await open(file, 'w')
    await handle.write(giving('a', 'five').slice(0, 20))
    await quiet()
    await handle.write(giving('a', 'five').slice(20))
    await handle.close()
    await becomes('a', 'five')
    await rm(join(folder, 'own'), { recursive: true })
    await writeFiles(folder, { 'own/a.mjs': giving('a', 'six') })
    await becomes('a', 'six')
    await writeFiles(folder, { 'own/a.mjs': giving('a', 'seven') })
    await becomes('a', 'seven')
  })

  it('that breaks the plugin is reported and keeps the old one serving, until it is mended', async () => {
    const { manager, becomes, failed, service, log } = hotHost()
    const folder = await tempFolder({ 'a.ts': giving('a', 'one') })
    await manager.loadPlugin(join(folder, 'a.ts'))
    await writeFiles(folder, { 'a.ts': 'const x: = 1' })
    await expect.poll(() => failed.length, { timeout: 10_000 }).toBe(1)
    expect(failed[0]).toMatch(/^a: cannot load plugin .*is not valid TypeScript/)
    expect(log.map(({ message }) => message)).toContain('a plugin failed to reload')
    expect(service('a')).toBe('one')
    await quiet()
    expect(failed).toHaveLength(1)
    await writeFiles(folder, { 'a.ts': `import './gone.js'\n${giving('a', 'two')}` })
    await expect.poll(() => failed.length, { timeout: 10_000 }).toBe(2)
    await writeFiles(folder, { 'gone.ts': '' })
    await becomes('a', 'two')
    expect(manager.getPlugin('a')).toMatchObject({ status: 'active', reason: null })
  })

  it('mends a plugin that never loaded, and those that failed because of it', async () => {
    const { manager, becomes } = hotHost()
    const folder = await tempFolder({
      'base.mjs': 'export default',
      'top.mjs': giving('top', 'up', ['base']),
    })
    await manager.loadPlugin(join(folder, 'base.mjs')).catch(() => {})
    await manager.loadPlugin(join(folder, 'top.mjs')).catch(() => {})
    expect(manager.getPluginStatus().plugins.map(({ status }) => status)).toEqual(['failed', 'failed'])
    await writeFiles(folder, { 'base.mjs': giving('base', 'ready') })
    await becomes('base', 'ready')
    await becomes('top', 'up')
  })

  it('in a storm makes few reloads, of which the last version wins', async () => {
    const { manager, becomes, reloaded } = hotHost()
    const instances = `globalThis.hotReloadStorm`
    const version = (count: number) => `${instances} ??= new Set()
export default { name: 'a', version: '1.0.0', setup(ctx) {
  ${instances}.add(ctx.generation)
  ctx.onDispose(() => ${instances}.delete(ctx.generation))
  return ${count}
} }`
    const folder = await tempFolder({ 'a.mjs': version(0) })
    await manager.loadPlugin(join(folder, 'a.mjs'))
    for (let count = 1; count <= 200; count += 1) await writeFiles(folder, { 'a.mjs': version(count) })
    await becomes('a', 200)
    await quiet()
    expect(reloaded.length).toBeLessThan(50)
    const { hotReloadStorm } = globalThis as unknown as { hotReloadStorm: ReadonlySet<number> }
    expect([...hotReloadStorm]).toEqual([manager.getPlugin('a').generation])
  })

  it('restarts dependents, in order', async () => {
    const { manager, becomes, reloaded } = hotHost()
    const folder = await tempFolder({
      'base.mjs': giving('base', 'one'),
      'middle.mjs': giving('middle', 'middle', ['base']),
      'top.mjs': giving('top', 'top', ['middle']),
    })
    for (const name of ['base', 'middle', 'top']) await manager.loadPlugin(join(folder, `${name}.mjs`))
    await writeFiles(folder, { 'base.mjs': giving('base', 'two') })
    await becomes('base', 'two')
    await expect.poll(() => reloaded).toEqual(['base', 'middle', 'top'])
  })

  it('counts though it came between the read and the watch', async () => {
    const { manager, becomes } = hotHost()
    const folder = await tempFolder({
      'a.mjs': `import { writeFileSync } from 'node:fs'
import { part } from './part.mjs'
export default { name: 'a', version: '1.0.0', setup() {
  if (part === 'one') writeFileSync(new URL('./part.mjs', import.meta.url), "export const part = 'second'")
  return part
} }`,
      'part.mjs': `export const part = 'one'`,
    })
    await manager.loadPlugin(join(folder, 'a.mjs'))
    await becomes('a', 'second')
  })
})

describe('what is watched', () => {
  it('follows the imports: new ones are, former ones are not, late ones are', async () => {
    const { manager, becomes, reloaded } = hotHost()
    const folder = await tempFolder({
      'a.mjs': importing('a', './first/part.mjs'),
      'first/part.mjs': `export const part = 1`,
      'second/part.mjs': `export const part = 2`,
      'late.mjs': `export const part = 4`,
    })
    await manager.loadPlugin(join(folder, 'a.mjs'))
    await writeFiles(folder, { 'a.mjs': importing('a', './second/part.mjs') })
    await becomes('a', 2)
    await writeFiles(folder, { 'first/part.mjs': `export const part = 0` })
    await quiet()
    expect(reloaded).toHaveLength(1)
    await writeFiles(folder, { 'second/part.mjs': `export const part = 3` })
    await becomes('a', 3)
    await writeFiles(folder, {
      'a.mjs': `export default { name: 'a', version: '1.0.0', setup: (ctx) => {
  ctx.tool('a.late', { description: '', parameters: {}, execute: async () => (await import('./late.mjs')).part })
} }`,
    })
    await becomes('a', undefined)
    expect(await manager.executeTool('a.late')).toBe(4)
    await quiet()
    await writeFiles(folder, { 'late.mjs': `export const part = 5` })
    await expect.poll(() => reloaded.length, { timeout: 10_000 }).toBe(4)
    expect(await manager.executeTool('a.late')).toBe(5)
  })

  it('includes the paths asked for, without what editors keep beside a file', async () => {
    const folder = await tempFolder({
      'plugins/a.mjs': `import { readFileSync } from 'node:fs'
export default { name: 'a', version: '1.0.0',
  setup: () => readFileSync(new URL('../shared/text.txt', import.meta.url), 'utf8') }`,
      'shared/text.txt': 'one',
    })
    const { manager, becomes, reloaded } = hotHost({ watchPaths: [join(folder, 'shared')] })
    await manager.loadPlugin(join(folder, 'plugins/a.mjs'))
    await writeFiles(folder, { 'shared/.text.txt.swp': 'x', 'shared/text.txt~': 'x' })
    await quiet()
    expect(reloaded).toEqual([])
    await writeFiles(folder, { 'shared/text.txt': 'two' })
    await becomes('a', 'two')
  })

  it('ends with the plugin and with the host, and keeps no process running', async () => {
    const watchers = countWatchers()
    const { manager, reloaded } = hotHost()
    const folder = await tempFolder({
      'a/index.mjs': giving('a', 'one'),
      'b/index.mjs': giving('b', 'one'),
      'c/index.mjs': 'export default',
    })
    const before = process.getActiveResourcesInfo().length
    for (const name of ['a', 'b']) await manager.loadPlugin(join(folder, name))
    await manager.loadPlugin(join(folder, 'c')).catch(() => {})
    expect(watchers.size).toBe(3)
    expect(process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout')).not.toContain('FSEventWrap')
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before)
    await manager.unloadPlugin('a')
    await expect.poll(() => watchers.size).toBe(2)
    await writeFiles(folder, { 'a/index.mjs': giving('a', 'two') })
    await quiet()
    expect(manager.getPlugin('a').status).toBe('unloaded')
    await writeFiles(folder, { 'b/index.mjs': giving('b', 'two') })
    await manager.shutdownAll()
    await expect.poll(() => watchers.size).toBe(0)
    await quiet()
    expect(reloaded).toEqual([])
    expect(manager.getPlugin('b').status).toBe('unloaded')
  })
})

/** The file watchers this process has open, from now on. */
function countWatchers(): ReadonlySet<number> {
  const watchers = new Set<number>()
  const hook = createHook({
    init: (id, type) => void (type === 'FSEVENTWRAP' && watchers.add(id)),
    destroy: (id) => void watchers.delete(id),
  }).enable()
  onTestFinished(() => void hook.disable())
  return watchers
}
