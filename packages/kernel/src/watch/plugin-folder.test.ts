import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PluginSources } from '../load/discover.ts'
import type { PluginManagerOptions } from '../plugin-manager-options.ts'
import { createTestHost, tempFolder, writeFiles } from '../testing/test-host.ts'

const DELAY_MS = 30
const patient = { timeout: 10_000, interval: 10 }

async function folderHost(
  files: Readonly<Record<string, string>>,
  options: { readonly sources?: PluginSources; readonly manager?: PluginManagerOptions } = {},
) {
  const host = createTestHost({ hotReload: true, reloadDelay: DELAY_MS, ...options.manager })
  const cwd = await tempFolder(files)
  const heard: string[] = []
  host.manager.on('plugin.loaded', (name) => void heard.push(`loaded ${name}`))
  host.manager.on('plugin.unloaded', (name) => void heard.push(`unloaded ${name}`))
  host.manager.on('plugin.reloaded', (name) => void heard.push(`reloaded ${name}`))
  host.manager.on('plugin.failed', (name) => void heard.push(`failed ${name}`))
  const report = await host.manager.discoverAndInitialize({ cwd, watchFolder: true, ...options.sources })
  const active = () =>
    host.manager
      .getPluginStatus()
      .plugins.filter(({ status }) => status === 'active')
      .map(({ name }) => name)
      .sort()
  const said = () =>
    host.log
      .filter(({ level }) => level !== 'info')
      .map((line) => (typeof line.fields['reason'] === 'string' ? line.fields['reason'] : line.message))
  const becomes = (...names: readonly string[]) => expect.poll(active, patient).toEqual(names)
  const write = (more: Readonly<Record<string, string>>) => writeFiles(join(cwd, 'plugins'), more)
  return { ...host, cwd, report, heard, active, said, becomes, write, folder: join(cwd, 'plugins') }
}

/** Long enough for any look that a change would have brought. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 10 * DELAY_MS))

const giving = (name: string, value: string, needs: readonly string[] = []) =>
  `export default { name: '${name}', version: '1.0.0', dependencies: ${JSON.stringify(needs)}, setup: () => '${value}' }`

describe('a plugin put into the folder', () => {
  it('is loaded with its configuration, edited, and gone with its file', async () => {
    const sources = { config: { a: { size: 3 } } }
    const { manager, becomes, write, folder, heard } = await folderHost({ 'plugins/x.txt': '' }, { sources })
    const config = `{ '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }`
    await write({
      'a.ts': `export default { name: 'a', version: '1.0.0', config: ${config}, setup: (ctx: any) => {
        ctx.hook('task.start', () => {}); return ctx.config } }`,
    })
    await becomes('a')
    expect(manager.getPlugin('a').getService()).toEqual({ size: 3 })
    await write({ 'a.ts': giving('a', 'two').replace('setup', `config: ${config}, setup`) })
    await expect.poll(() => manager.getPlugin('a').getService(), patient).toBe('two')
    await rm(join(folder, 'a.ts'))
    await becomes()
    expect(manager.getPluginStatus().plugins).toEqual([])
    expect(heard).toEqual(['loaded a', 'reloaded a', 'unloaded a'])
  })

  it('is found in a folder that is made later, and when that folder is replaced', async () => {
    const { cwd, becomes, write, folder } = await folderHost({})
    await write({ 'a.mjs': giving('a', 'one') })
    await becomes('a')
    await writeFiles(cwd, { 'next/b.mjs': giving('b', 'one') })
    await rename(folder, join(cwd, 'before'))
    await rename(join(cwd, 'next'), folder)
    await becomes('b')
    await rm(folder, { recursive: true })
    await becomes()
  })

  it('that is a folder counts when it is whole', async () => {
    const { becomes, write, folder, active, manager } = await folderHost({ 'plugins/x.txt': '' })
    await write({ 'own/notes.txt': '' })
    await quiet()
    expect(active()).toEqual([])
    await write({
      'own/index.mjs': `import { part } from './deep/part.mjs'\n${giving('own', 'one').replace("'one'", 'part')}`,
    })
    await quiet()
    expect(active()).toEqual([])
    await write({ 'own/deep/part.mjs': `export const part = 'whole'` })
    await becomes('own')
    expect(manager.getPlugin('own').getService()).toBe('whole')
    await rm(join(folder, 'own/index.mjs'))
    await becomes()
  })

  it('that does not load is told once, and tried again with its next change', async () => {
    const { becomes, write, said } = await folderHost({ 'plugins/x.txt': '' })
    await write({ 'hello.mjs': 'export default {' })
    await expect.poll(() => said().length, patient).toBe(1)
    for (let save = 0; save < 3; save += 1) {
      await write({ 'hello.mjs': 'export default {' })
      await quiet()
    }
    expect(said()).toHaveLength(1)
    await write({ 'hello.mjs': giving('other-name', 'one') })
    await becomes('other-name')
  })

  it('may change its name, by an edit or by a new file name', async () => {
    const { becomes, write, folder, manager } = await folderHost({ 'plugins/a.mjs': giving('a', 'one') })
    await becomes('a')
    await write({ 'a.mjs': giving('b', 'one') })
    await becomes('b')
    await rename(join(folder, 'a.mjs'), join(folder, 'c.mjs'))
    await expect.poll(() => manager.getPlugin('b').origin, patient).toBe(join(folder, 'c.mjs'))
    await becomes('b')
  })

  it('that somebody else may write is refused until it is closed to them', async () => {
    const { becomes, write, folder, said, active } = await folderHost({ 'plugins/x.txt': '' })
    await mkdir(join(folder, 'own'))
    await writeFile(join(folder, 'own/part.mjs'), '')
    await chmod(join(folder, 'own/part.mjs'), 0o666)
    await write({ 'own/index.mjs': giving('own', 'one') })
    await expect.poll(said, patient).toHaveLength(1)
    expect(said()[0]).toContain(`chmod go-w ${join(folder, 'own/part.mjs')}`)
    expect(active()).toEqual([])
    await chmod(join(folder, 'own/part.mjs'), 0o644)
    await becomes('own')
  })

  it('that was unloaded by hand stays so, until somebody reloads it or its file is gone', async () => {
    const { manager, becomes, write, folder, active } = await folderHost({
      'plugins/a.mjs': giving('a', 'one'),
      'plugins/b.mjs': giving('b', 'one'),
    })
    await becomes('a', 'b')
    await manager.unloadPlugin('a')
    await write({ 'a.mjs': giving('a', 'two') })
    await rm(join(folder, 'b.mjs'))
    await becomes()
    await quiet()
    expect(active()).toEqual([])
    await manager.reloadPlugin('a')
    await becomes('a')
    await manager.unloadPlugin('a')
    await rm(join(folder, 'a.mjs'))
    await expect.poll(() => manager.getPluginStatus().plugins, patient).toEqual([])
    await write({ 'a.mjs': giving('a', 'three') })
    await becomes('a')
  })

  it('is not read again once somebody else could have changed it', async () => {
    const { manager, said, write, folder } = await folderHost({ 'plugins/a.mjs': giving('a', 'one') })
    await chmod(join(folder, 'a.mjs'), 0o666)
    await write({ 'a.mjs': giving('a', 'two') })
    await expect.poll(() => said().join(), patient).toContain('generation 1 keeps serving: nothing is loaded')
    expect(manager.getPlugin('a').getService()).toBe('one')
    await chmod(join(folder, 'a.mjs'), 0o644)
    await expect.poll(() => manager.getPlugin('a').getService(), patient).toBe('two')
  })
})

describe('plugins that need each other', () => {
  it('leave together, with a warning, and come back together', async () => {
    const { becomes, write, folder, said, manager } = await folderHost({
      'plugins/base.mjs': giving('base', 'one'),
      'plugins/top.mjs': giving('top', 'one', ['base']),
    })
    await becomes('base', 'top')
    await rm(join(folder, 'base.mjs'))
    await becomes()
    expect(said()).toEqual(['plugin top needs plugin base, which was removed'])
    expect(manager.getPlugin('top').status).toBe('failed')
    await write({ 'base.mjs': giving('base', 'two') })
    await becomes('base', 'top')
  })

  it('may be put in in any order', async () => {
    const { becomes, write, active } = await folderHost({ 'plugins/x.txt': '' })
    await write({ 'top.mjs': giving('top', 'one', ['base']) })
    await quiet()
    expect(active()).toEqual([])
    await write({ 'base.mjs': giving('base', 'one') })
    await becomes('base', 'top')
  })
})

describe('a busy folder', () => {
  it('with a storm of writes ends as it was written last, in few looks', async () => {
    const { becomes, write, folder, heard, manager } = await folderHost({ 'plugins/x.txt': '' })
    for (let turn = 0; turn < 40; turn += 1) {
      await write({ 'a.mjs': giving('a', String(turn)), [`n${turn % 5}.mjs`]: giving(`n${turn % 5}`, 'x') })
      if (turn % 7 === 0) await rm(join(folder, `n${turn % 5}.mjs`), { force: true })
    }
    // The last thing that happened to n0 was its removal.
    await quiet()
    await becomes('a', 'n1', 'n2', 'n3', 'n4')
    await expect.poll(() => manager.getPlugin('a').getService(), patient).toBe('39')
    expect(heard.length).toBeLessThan(40)
  })

  it('leaves out what is disabled or taken, and says the latter once', async () => {
    const bundled = [
      {
        name: 'core',
        load: () => Promise.resolve({ default: { name: 'core', version: '1.0.0', setup() {} } }),
      },
    ]
    const sources = { bundled, disabled: ['off'] }
    const { write, active, said } = await folderHost({ 'plugins/x.txt': '' }, { sources })
    await write({ 'a.mjs': giving('off', 'one'), 'b.mjs': giving('core', 'mine') })
    await expect.poll(said, patient).toHaveLength(1)
    expect(said()[0]).toContain('core')
    await write({ 'x.txt': 'more' })
    await quiet()
    expect(said()).toHaveLength(1)
    expect(active()).toEqual(['core'])
  })

  it('is let alone once the host is shut down', async () => {
    const { manager, write, heard } = await folderHost({ 'plugins/x.txt': '' })
    await manager.shutdownAll()
    await write({ 'a.mjs': giving('a', 'one') })
    await quiet()
    expect(heard).toEqual([])
  })
})
