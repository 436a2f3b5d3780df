import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MASK } from '../display/mask-config.ts'
import { CliError } from '../errors.ts'
import type { Config } from './config.ts'
import { findConfig, loadConfig } from './load-config.ts'
import { originsOf, pluginOrigins } from './origins.ts'

let home: string
let project: string
const env = (more: Record<string, string> = {}) => ({ HOME: home, ...more })

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'agentproxy-config-'))
  project = path.join(home, 'project')
  await mkdir(path.join(home, '.config', 'agentproxy'), { recursive: true })
  await mkdir(path.join(project, '.agentproxy'), { recursive: true })
})

afterEach(() => rm(home, { recursive: true, force: true }))

const userFile = (name: string) => path.join(home, '.config', 'agentproxy', name)
const projectFile = (name: string) => path.join(project, '.agentproxy', name)

function load(more: Record<string, string> = {}, extraFile: string | null = null): Promise<Config> {
  return loadConfig({ env: env(more), cwd: home, projectDir: project, extraFile })
}

async function problem(loading: Promise<unknown>): Promise<string> {
  const error: unknown = await loading.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!CliError.is(error)) throw new Error(`expected a CliError, got ${String(error)}`)
  expect(error.exitCode).toBe(2)
  return `${error.message}\n${error.hint ?? ''}`
}

describe('layers', () => {
  test('without any file the defaults hold', async () => {
    const config = await load()
    expect(config.server).toEqual({ host: '127.0.0.1', port: 8000, workers: 1, drainMs: 10_000, limits: {} })
    expect(config.store).toEqual({ path: path.join(home, '.local/state/agentproxy/agentproxy.db') })
    expect(config.enabledPlugins).toBeNull()
    expect(config.files).toEqual([])
  })

  test('project overrides user, --config overrides both, environment overrides all', async () => {
    await writeFile(
      userFile('config.yaml'),
      'server: { port: 1, host: "::1" }\nsupervisor: { agent: a, model: m }\n',
    )
    await writeFile(projectFile('config.toml'), '[supervisor]\nagent = "b"\n')
    await writeFile(
      path.join(home, 'more.json'),
      '{"server": {"port": 3}, "plugins": {"x": {"one": 1, "two": 2}}}',
    )
    const config = await load({ AGENTPROXY_PLUGINS__X__TWO: '22' }, 'more.json')
    expect(config.server).toMatchObject({ host: '::1', port: 3 })
    expect(config.supervisor).toMatchObject({ agent: 'b', model: 'm' })
    expect(config.plugins).toEqual({ x: { one: 1, two: 22 } })
    expect(config.files.map((file) => path.basename(file))).toEqual([
      'config.yaml',
      'config.toml',
      'more.json',
    ])
  })

  test('an empty file says nothing', async () => {
    await writeFile(userFile('config.yaml'), '# only a comment\n')
    expect((await load()).files).toHaveLength(1)
  })

  test('an alias may be one model or a pool', async () => {
    await writeFile(userFile('config.yaml'), 'models: { sim: simulator/fix, fast: [a/b, c/d] }\n')
    expect((await load()).models).toEqual({ sim: ['simulator/fix'], fast: ['a/b', 'c/d'] })
  })

  test('paths start at the file that names them; package names stay', async () => {
    await writeFile(
      userFile('config.yaml'),
      'pluginModules: [./mine.js, "~/other.js", some-package]\npluginsDir: plugins\nstore: { url: "sqlite:~/s.db" }\n',
    )
    const config = await load()
    const folder = path.dirname(userFile('x'))
    expect(config.pluginModules).toEqual([
      path.join(folder, 'mine.js'),
      path.join(home, 'other.js'),
      'some-package',
    ])
    expect(config.pluginsDir).toBe(path.join(folder, 'plugins'))
    expect(config.store).toEqual({ path: path.join(home, 's.db') })
  })

  test('enabled: false in a section turns the plugin off and is no setting of its own', async () => {
    await writeFile(userFile('config.yaml'), 'plugins: { cache: { enabled: false, size: 5 } }\n')
    const config = await load()
    expect(config.disabledPlugins).toEqual(['cache'])
    expect(config.plugins).toEqual({ cache: { size: 5 } })
  })
})

describe('environment', () => {
  test('names become kebab-case, keys camel case, values JSON where they are', async () => {
    const config = await load({
      AGENTPROXY_PLUGINS__MY_PLUGIN__MAX_ENTRIES: '5',
      AGENTPROXY_PLUGINS__MY_PLUGIN__BASE_URL: 'https://a.example',
      AGENTPROXY_PLUGINS__MY_PLUGIN__DEEP__ON: 'true',
    })
    expect(config.plugins).toEqual({
      'my-plugin': { maxEntries: 5, baseUrl: 'https://a.example', deep: { on: true } },
    })
  })

  test('bare names are aliases, and the prefixed ones win', async () => {
    const config = await load({
      PLUGINS__CACHE__SIZE: '1',
      PLUGINS__CACHE__KEPT: '1',
      AGENTPROXY_PLUGINS__CACHE__SIZE: '2',
      ENABLED_PLUGINS: 'a, b',
      DISABLED_PLUGINS: 'c',
    })
    expect(config.plugins).toEqual({ cache: { size: 2, kept: 1 } })
    expect(config.enabledPlugins).toEqual(['a', 'b'])
    expect(config.disabledPlugins).toEqual(['c'])
  })

  test('AGENTPROXY_PLUGINS adds to the modules of the files, and its paths start at the current folder', async () => {
    await writeFile(userFile('config.yaml'), 'pluginModules: [pkg]\n')
    const config = await load({ AGENTPROXY_PLUGINS: './a.js,other', AGENTPROXY_PLUGINS_DIR: 'dir' })
    expect(config.pluginModules).toEqual([path.join(home, 'a.js'), 'other', 'pkg'])
    expect(config.pluginsDir).toBe(path.join(home, 'dir'))
  })

  test.each([
    ['0', false],
    ['true', true],
  ])('AGENTPROXY_PLUGINS_ENABLED=%s', async (value, expected) => {
    expect((await load({ AGENTPROXY_PLUGINS_ENABLED: value })).otherPlugins).toBe(expected)
  })

  test('a switch that is neither on nor off is an error', async () => {
    expect(await problem(load({ AGENTPROXY_PLUGINS_ENABLED: 'maybe' }))).toContain(
      'expected 1 or 0, got "maybe"',
    )
  })

  test('a prototype key is refused', async () => {
    expect(await problem(load({ AGENTPROXY_PLUGINS__X__CONSTRUCTOR: '1' }))).toContain('not allowed')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('mistakes', () => {
  test('an unknown key names file, path and the nearest key', async () => {
    await writeFile(userFile('config.yaml'), 'supervisor: { reasonr: llm }\n')
    const text = await problem(load())
    expect(text).toContain(userFile('config.yaml'))
    expect(text).toContain('unknown key "supervisor.reasonr" (did you mean "reasoner"?)')
  })

  test('an unknown section is suggested too, and a key without effect is unknown', async () => {
    await writeFile(userFile('config.yaml'), 'servr: {}\n')
    expect(await problem(load())).toContain('unknown key "servr" (did you mean "server"?)')
    await writeFile(userFile('config.yaml'), 'telemetry: { enabled: true }\n')
    expect(await problem(load())).toContain('unknown key "telemetry"')
  })

  test('a wrong value names its path', async () => {
    await writeFile(userFile('config.yaml'), 'server: { port: 99999 }\n')
    expect(await problem(load())).toContain('"server.port"')
  })

  test('a misspelt key of a check is suggested', async () => {
    await writeFile(userFile('config.yaml'), 'checks: [{ command: npm test, timeout: 5 }]\n')
    expect(await problem(load())).toContain('unknown key "checks.0.timeout" (did you mean "timeoutMs"?)')
  })

  test('a project may not set plugins, models or the store', async () => {
    await writeFile(projectFile('config.yaml'), 'plugins: { x: {} }\nmodels: { a: b/c }\n')
    const text = await problem(load())
    expect(text).toContain('a project may not set plugins, models')
    expect(text).toContain(userFile('config.yaml'))
  })

  test('whether a task gets a worktree, and with which commands, is for the person to say', async () => {
    await writeFile(
      projectFile('config.yaml'),
      'supervisor: { workspace: worktree }\nworkspace: { setup: evil }\n',
    )
    expect(await problem(load())).toContain('a project may not set workspace, supervisor.workspace')
    await writeFile(projectFile('config.yaml'), '')
    await writeFile(
      userFile('config.yaml'),
      'supervisor: { workspace: clone }\nworkspace: { setup: npm ci }\n',
    )
    const { supervisor, workspace } = await load()
    expect(supervisor.workspace).toBe('clone')
    expect(workspace).toEqual({ setup: 'npm ci', cleanup: null, copy: [] })
  })

  test('two files side by side are an error, not a choice', async () => {
    await writeFile(userFile('config.yaml'), '')
    await writeFile(userFile('config.json'), '')
    expect(await problem(load())).toContain('two configuration files')
  })

  test.each([
    ['config.yaml', 'a: [1\n'],
    ['config.toml', 'a = = 1\n'],
    ['config.json', '{"a": }'],
    ['config.yaml', '- a list\n'],
    ['config.json', '{"__proto__": {"polluted": 1}}'],
  ])('%s with %j is refused with its name', async (name, text) => {
    await writeFile(userFile(name), text)
    expect(await problem(load())).toContain(userFile(name))
  })

  test('a --config file that is not there is an error', async () => {
    expect(await problem(load({}, 'missing.yaml'))).toContain('missing.yaml')
  })
})

describe('origins', () => {
  test('each value names the source that won, down to the variable', async () => {
    await writeFile(
      userFile('config.yaml'),
      'server: { port: 1 }\nplugins: { "x": { one: 1, "odd.key": 2 } }\n',
    )
    await writeFile(projectFile('config.toml'), '[supervisor]\nagent = "b"\n')
    const { layers } = await findConfig({
      env: env({ AGENTPROXY_PLUGINS__X__DEEP__MOST: '3', DISABLED_PLUGINS: 'y' }),
      cwd: home,
      projectDir: project,
      extraFile: null,
    })
    const origins = Object.fromEntries(originsOf(layers).map(({ path: key, origin }) => [key, origin]))
    expect(origins).toMatchObject({
      'server.port': userFile('config.yaml'),
      'server.host': 'default',
      'plugins.x.one': userFile('config.yaml'),
      'plugins.x."odd.key"': userFile('config.yaml'),
      'plugins.x.deep.most': 'AGENTPROXY_PLUGINS__X__DEEP__MOST',
      disabledPlugins: 'DISABLED_PLUGINS',
      'supervisor.agent': projectFile('config.toml'),
    })
  })

  test("a plugin's section tells which values are the plugin's own defaults, and hides secrets", async () => {
    await writeFile(userFile('config.yaml'), 'plugins: { x: { one: 1, apiKey: k } }\n')
    const { layers } = await findConfig({ env: env(), cwd: home, projectDir: null, extraFile: null })
    expect(pluginOrigins('x', { one: 1, two: { deep: 2 }, apiKey: 'k' }, layers)).toEqual([
      { path: 'one', value: 1, origin: userFile('config.yaml') },
      { path: 'two.deep', value: 2, origin: "the plugin's default" },
      { path: 'apiKey', value: MASK, origin: userFile('config.yaml') },
    ])
  })
})

test('routing merges key by key, and its limits are checked', async () => {
  await writeFile(
    userFile('config.yaml'),
    'routing: { retries: { max: 5 }, timeouts: { idleMs: 10 }, commit: { bytes: 9 } }\n',
  )
  await writeFile(
    path.join(home, 'more.json'),
    '{"routing": {"timeouts": {"totalMs": 20}, "accounts": {"affinity": false}}}',
  )
  expect((await load({}, 'more.json')).routing).toEqual({
    loss: 'report',
    retries: { max: 5 },
    timeouts: { idleMs: 10, totalMs: 20 },
    commit: { bytes: 9 },
    accounts: { affinity: false },
  })
  await writeFile(path.join(home, 'more.json'), '{"routing": {"rescue": "continue"}}')
  expect((await load({}, 'more.json')).routing.rescue).toBe('continue')
  await writeFile(path.join(home, 'more.json'), '{"routing": {"rescue": "hope"}}')
  expect(await problem(load({}, 'more.json'))).toContain('routing.rescue')
})
