import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { taskStart } from '../testing/payloads.ts'
import { createTestHost, tempFolder, writeFiles } from '../testing/test-host.ts'

const TYPESCRIPT = `
import { definePlugin, block } from '@agentproxy/plugin'
import type { PluginContext } from '@agentproxy/plugin'
import { greeting } from './deep/greeting.js'
enum Level { High = 3 }
export default definePlugin({
  name: 'modern', version: '1.0.0',
  setup(ctx: PluginContext<unknown, never>) {
    ctx.hook('file.change', () => block('no'))
    return { greeting, level: Level.High, contract: block }
  },
})`

const plain = (name: string, body = 'return part') =>
  `import { part } from './part.mjs'
export default { name: '${name}', version: '1.0.0', setup() { ${body} } }`

const heard = (name: string, needs: readonly string[]) =>
  `export default { name: '${name}', version: '1.0.0', dependencies: ${JSON.stringify(needs)},
  setup(ctx) { ctx.hook('task.start', ({ prompt }) => ({ action: 'modify', patch: { prompt: prompt + ' ${name}' } })) } }`

describe('loading from files', () => {
  it('loads TypeScript far from any node_modules, with enums, sub-modules and the contract', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({
      'modern.ts': TYPESCRIPT,
      'deep/greeting.ts': `export const greeting: string = 'one'`,
    })
    const info = await manager.loadPlugin(join(folder, 'modern.ts'))
    expect(info).toMatchObject({ name: 'modern', status: 'active', hooks: ['file.change'] })
    expect(info.getService()).toMatchObject({ greeting: 'one', level: 3 })
  })

  it('reads sub-modules again on reload, of TypeScript, ES modules and CommonJS, and the contract once', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({
      'modern.ts': TYPESCRIPT,
      'deep/greeting.ts': `export const greeting: string = 'one'`,
      'plain.js': plain('plain'),
      'part.mjs': `export const part = 'one'`,
      'old.cjs': `module.exports = { name: 'old', version: '1.0.0', setup: () => require('./helper') }`,
      'helper.js': `module.exports = 'one'`,
    })
    for (const file of ['modern.ts', 'plain.js', 'old.cjs']) await manager.loadPlugin(join(folder, file))
    const service = (name: string) =>
      manager.getPlugin(name).getService() as { greeting: string; contract: unknown }
    const { contract } = service('modern')
    await writeFiles(folder, {
      'deep/greeting.ts': `export const greeting: string = 'two'`,
      'part.mjs': `export const part = 'two'`,
      'helper.js': `module.exports = 'two'`,
    })
    expect([service('modern').greeting, service('plain'), service('old')]).toEqual(['one', 'one', 'one'])
    for (const name of ['modern', 'plain', 'old']) await manager.reloadPlugin(name)
    expect([service('modern').greeting, service('plain'), service('old')]).toEqual(['two', 'two', 'two'])
    expect(service('modern').contract).toBe(contract)
  })

  it('keeps installed packages at their one instance', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({
      'index.js': `import { id } from 'library'
export default { name: 'user', version: '1.0.0', setup: () => id }`,
      'node_modules/library/package.json': `{ "name": "library", "type": "module", "main": "index.js" }`,
      'node_modules/library/index.js': `export const id = Symbol('library')`,
    })
    await manager.loadPlugin(folder)
    const first = manager.getPlugin('user').getService()
    await manager.reloadPlugin('user')
    expect(manager.getPlugin('user').getService()).toBe(first)
  })

  it('takes a folder by its package.json main or its index', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({
      'by-main/package.json': `{ "main": "lib/start.mjs" }`,
      'by-main/lib/start.mjs': `import { part } from '../part.mjs'
export default { name: 'by-main', version: '1.0.0', setup: () => part }`,
      'by-main/part.mjs': `export const part = 'outside lib'`,
      'by-index/index.ts': `export default { name: 'by-index', version: '1.0.0', setup: (): number => 1 }`,
    })
    expect((await manager.loadPlugin(join(folder, 'by-main'))).getService()).toBe('outside lib')
    expect((await manager.loadPlugin(join(folder, 'by-index'))).name).toBe('by-index')
  })

  it('takes an installed package by name, also through a link, and reads it again on reload', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({
      'work/node_modules/.keep': '',
      'linked/package.json': `{ "name": "linked", "type": "module", "exports": { "import": "./main.js" } }`,
      'linked/main.js': plain('linked').replace('./part.mjs', './part.js'),
      'linked/part.js': `export const part = 'one'`,
    })
    await symlink(join(folder, 'linked'), join(folder, 'work/node_modules/linked'))
    const report = await manager.discoverAndInitialize({
      plugins: [{ module: 'linked' }],
      cwd: join(folder, 'work'),
    })
    expect(report.failed).toEqual([])
    await writeFiles(folder, { 'linked/part.js': `export const part = 'two'` })
    await manager.reloadPlugin('linked')
    expect(manager.getPlugin('linked').getService()).toBe('two')
  })

  it('keeps the old generation when the new file is broken', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({
      'a.ts': `export default { name: 'a', version: '1.0.0', setup: () => 1 }`,
    })
    const file = join(folder, 'a.ts')
    await manager.loadPlugin(file)
    await writeFiles(folder, { 'a.ts': 'const x: = 1' })
    await expect(manager.reloadPlugin('a')).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    expect(manager.getPlugin('a')).toMatchObject({ status: 'active', generation: 1, code: 'LOAD_FAILED' })
    await writeFiles(folder, { 'a.ts': `export default { name: 'b', version: '1.0.0', setup: () => 1 }` })
    await expect(manager.reloadPlugin('a')).rejects.toThrow('now holds plugin b, not a')
    await writeFiles(folder, { 'a.ts': `export default { name: 'a', version: '2.0.0', setup: () => 2 }` })
    expect(await manager.reloadPlugin('a')).toMatchObject({ version: '2.0.0', generation: 2, reason: null })
  })

  it('runs handlers in the order of new dependencies, and refuses those that make a cycle', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({ 'a.mjs': heard('a', []), 'b.mjs': heard('b', []) })
    for (const file of ['a.mjs', 'b.mjs']) await manager.loadPlugin(join(folder, file))
    const prompt = () => manager.live.hooks['task.start']?.(taskStart)
    expect(await prompt()).toMatchObject({ payload: { prompt: 'fix it a b' } })
    await writeFiles(folder, { 'a.mjs': heard('a', ['b']) })
    await manager.reloadPlugin('a')
    expect(await prompt()).toMatchObject({ payload: { prompt: 'fix it b a' } })
    await writeFiles(folder, { 'b.mjs': heard('b', ['a']) })
    await expect(manager.reloadPlugin('b')).rejects.toMatchObject({ code: 'DEPENDENCY_CYCLE' })
    expect(await prompt()).toMatchObject({ payload: { prompt: 'fix it b a' } })
  })

  it('remembers a file that failed, and loads it once it is mended', async () => {
    const { manager } = createTestHost()
    const folder = await tempFolder({ 'draft.ts': 'export default {' })
    await expect(manager.loadPlugin(join(folder, 'draft.ts'))).rejects.toThrow('is not valid TypeScript')
    expect(manager.getPlugin('draft').status).toBe('failed')
    await writeFiles(folder, { 'draft.ts': `export default { name: 'final', version: '1.0.0', setup() {} }` })
    await manager.reloadPlugin('draft')
    expect(manager.getPluginStatus().plugins.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'final active',
    ])
  })
})

it.each([
  ['syntax.ts', 'const x: = 1', 'LOAD_FAILED', 'is not valid TypeScript: Unexpected token'],
  ['throws.mjs', 'throw new Error("top level")', 'LOAD_FAILED', 'top level'],
  ['empty.mjs', 'export const other = 1', 'PLUGIN_INVALID', 'it exports no plugin'],
  ['number.mjs', 'export default 7', 'PLUGIN_INVALID', 'it is no plugin'],
  ['missing.mjs', `import 'not-installed-anywhere'`, 'LOAD_FAILED', 'install that package beside the plugin'],
  ['relative.mjs', `import './gone.mjs'`, 'LOAD_FAILED', 'check the path it imports'],
  ['require.mjs', `module.exports = {}`, 'LOAD_FAILED', 'name it .cjs'],
  [
    'several.mjs',
    `export class A { name = 'a'; getTools() {} } export class B { name = 'b' }`,
    'PLUGIN_INVALID',
    'several plugins (A, B)',
  ],
])('says what is wrong with %s', async (name, text, code, words) => {
  const { manager } = createTestHost()
  const folder = await tempFolder({ [name]: text })
  const file = join(folder, name)
  const error: unknown = await manager.loadPlugin(file).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect((error as Error).message).toContain(file)
  expect((error as Error).message).toContain(words)
})

it('says when there is no such file or package', async () => {
  const { manager } = createTestHost()
  await expect(manager.loadPlugin('/nowhere/at-all.ts')).rejects.toThrow('there is no such file or folder')
  await expect(manager.loadPlugin('no-such-package-here')).rejects.toThrow(
    'write a path as ./no-such-package-here',
  )
  const folder = await tempFolder({ 'readme.md': '' })
  await expect(manager.loadPlugin(folder)).rejects.toThrow('no package.json with a "main"')
})
