import { describe, expect, it } from 'vitest'
import { createTestHost, plugin, tempFolder } from '../testing/test-host.ts'

const file = (name: string, value: string, dependencies: readonly string[] = []) =>
  `export default { name: '${name}', version: '1.0.0', dependencies: ${JSON.stringify(dependencies)}, setup: () => '${value}' }`

const configured = (name: string) =>
  `export class P { name = '${name}'; initialize(context) { this.config = context.config } getService() { return this.config } }`

const entry = (main: string) => JSON.stringify({ type: 'module', agentproxy: { plugin: main } })

const bundled = (name: string) => ({ name, load: async () => ({ default: plugin(name, () => 'bundled') }) })

describe('discovery', () => {
  it('finds plugins in config, environment, folder and bundle; the first of a name wins and the rest are reported', async () => {
    const { manager } = createTestHost()
    const cwd = await tempFolder({
      'a.mjs': file('a', 'config'),
      'b.mjs': file('b', 'environment'),
      'again.mjs': file('a', 'environment'),
      'plugins/c.ts': file('c', 'folder'),
      'plugins/b.js': file('b', 'folder'),
      'plugins/group/index.js': file('group', 'folder'),
      'plugins/not-a-plugin/readme.md': '',
      'plugins/c.test.ts': 'throw new Error("a test was run")',
      'plugins/c.d.ts': 'export {}',
    })
    const report = await manager.discoverAndInitialize({
      plugins: [{ module: './a.mjs' }],
      env: { AGENTPROXY_PLUGINS: ' ./b.mjs , ./again.mjs' },
      cwd,
      bundled: [bundled('c'), bundled('d')],
    })
    expect(report.failed).toEqual([])
    const found = report.loaded.map((info) => [info.name, info.getService()])
    expect(Object.fromEntries(found)).toEqual({
      a: 'config',
      b: 'environment',
      c: 'folder',
      group: 'folder',
      d: 'bundled',
    })
    expect(report.duplicates.map(({ name, ignored }) => [name, ignored])).toEqual([
      ['a', './again.mjs'],
      ['b', `${cwd}/plugins/b.js`],
      ['c', 'bundled'],
    ])
  })

  it('finds installed packages that say they are a plugin, as far as somebody asked for them', async () => {
    const { manager } = createTestHost()
    const cwd = await tempFolder({
      'home/node_modules/@me/shout/package.json': entry('./dist/plugin.js'),
      'home/node_modules/@me/shout/dist/plugin.js': file('shout', 'package'),
      'home/node_modules/taken/package.json': entry('./index.js'),
      'home/node_modules/taken/index.js': file('taken', 'package'),
      'home/node_modules/ordinary/package.json': '{ "main": "./index.js" }',
      'home/node_modules/ordinary/index.js': 'throw new Error("an ordinary package was run")',
      'home/node_modules/spoilt/package.json': '{',
      'project/package.json': JSON.stringify({ dependencies: { asked: '1.0.0' } }),
      'project/node_modules/asked/package.json': entry('./index.js'),
      'project/node_modules/asked/index.js': file('asked', 'package'),
      'project/node_modules/came-along/package.json': entry('./index.js'),
      'project/node_modules/came-along/index.js': file('came-along', 'package'),
      'plugins/taken.mjs': file('taken', 'folder'),
    })
    const report = await manager.discoverAndInitialize({
      cwd,
      packagesIn: ['./home', './project', './nowhere'],
      bundled: [bundled('asked')],
    })
    expect(report.failed).toEqual([])
    const found = report.loaded.map((info) => [info.name, info.getService()])
    expect(Object.fromEntries(found)).toEqual({ taken: 'folder', shout: 'package', asked: 'package' })
    expect(report.duplicates.map(({ name }) => name)).toEqual(['taken', 'asked'])
  })

  it('loads in dependency order and prunes what needs a broken one, never the rest', async () => {
    const { manager } = createTestHost()
    const cwd = await tempFolder({
      'plugins/a-top.mjs': file('a-top', 'x', ['z-base']),
      'plugins/b-needs-broken.mjs': file('b-needs-broken', 'x', ['broken']),
      'plugins/broken.mjs': `export default { name: 'broken', version: '1.0.0', setup() { throw new Error('boom') } }`,
      'plugins/syntax.ts': 'let let',
      'plugins/ring-one.mjs': file('ring-one', 'x', ['ring-two']),
      'plugins/ring-two.mjs': file('ring-two', 'x', ['ring-one']),
      'plugins/z-base.mjs': file('z-base', 'x'),
    })
    const report = await manager.discoverAndInitialize({ cwd })
    expect(report.loaded.map(({ name }) => name).sort()).toEqual(['a-top', 'z-base'])
    const reasons = Object.fromEntries(
      report.failed.map(({ name, code, reason }) => [name, `${code} ${reason}`]),
    )
    expect(reasons['broken']).toContain('SETUP_FAILED')
    expect(reasons['b-needs-broken']).toMatch(/DEPENDENCY_MISSING .*broken, which failed: .*boom/)
    expect(reasons['syntax']).toContain('LOAD_FAILED')
    expect(reasons['ring-one']).toContain('ring-one -> ring-two -> ring-one')
    expect(manager.getPlugin('b-needs-broken').status).toBe('failed')
    expect(manager.getPlugin('syntax').status).toBe('failed')
  })

  it('takes the folder from the environment, and says when that one is missing', async () => {
    const { manager } = createTestHost()
    const cwd = await tempFolder({ 'mine/a.js': file('a', 'x') })
    const env = { AGENTPROXY_PLUGINS_DIR: 'mine' }
    expect((await manager.discoverAndInitialize({ cwd, env })).loaded.map(({ name }) => name)).toEqual(['a'])
    const missing = await manager.discoverAndInitialize({ cwd, env: { AGENTPROXY_PLUGINS_DIR: 'gone' } })
    expect(missing.failed[0]).toMatchObject({ origin: `${cwd}/gone`, code: 'LOAD_FAILED' })
    expect((await manager.discoverAndInitialize({ cwd })).failed).toEqual([])
  })

  it('loads only what is bundled when plugins are turned off', async () => {
    const { manager } = createTestHost()
    const cwd = await tempFolder({ 'plugins/a.mjs': 'globalThis.ranAnyway = true' })
    const report = await manager.discoverAndInitialize({
      plugins: [{ module: './plugins/a.mjs' }],
      env: { AGENTPROXY_PLUGINS_ENABLED: '0', AGENTPROXY_PLUGINS: './plugins/a.mjs' },
      cwd,
      bundled: [bundled('core')],
    })
    expect([report.loaded.map(({ name }) => name), report.failed]).toEqual([['core'], []])
    expect('ranAnyway' in globalThis).toBe(false)
  })

  it('filters by name without running what is disabled, and reports names nobody has', async () => {
    const { manager } = createTestHost()
    const cwd = await tempFolder({
      'plugins/off.mjs': 'throw new Error("was run")',
      'plugins/on.mjs': file('on', 'x'),
    })
    const asleep = { name: 'asleep', load: () => Promise.reject(new Error('was run')) }
    const report = await manager.discoverAndInitialize({
      cwd,
      bundled: [asleep, bundled('core')],
      disabled: ['off', 'asleep'],
      config: { onn: {} },
    })
    expect(report).toMatchObject({ failed: [], unknown: ['onn'] })
    expect([...report.disabled].sort()).toEqual(['asleep', 'off'])
    const { manager: second } = createTestHost()
    const only = await second.discoverAndInitialize({
      cwd,
      disabled: ['off'],
      enabled: ['core'],
      bundled: [bundled('core')],
    })
    expect(only.loaded.map(({ name }) => name)).toEqual(['core'])
  })

  it('gives each plugin its configuration, and holds an entry to its name', async () => {
    const { manager } = createTestHost()
    const cwd = await tempFolder({
      'a.mjs': configured('a'),
      'b.mjs': configured('b'),
      'c.mjs': configured('c'),
    })
    const report = await manager.discoverAndInitialize({
      plugins: [
        { module: './a.mjs', config: { from: 'entry' } },
        { module: './b.mjs' },
        { module: './c.mjs', name: 'other' },
      ],
      config: { a: { from: 'section' }, b: { from: 'section' } },
      cwd,
      pluginsDir: null,
    })
    expect(report.loaded.map((info) => info.getService())).toEqual([{ from: 'entry' }, { from: 'section' }])
    expect(report.failed[0]).toMatchObject({ name: 'other', code: 'PLUGIN_INVALID' })
  })
})
