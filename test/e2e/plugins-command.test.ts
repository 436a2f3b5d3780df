import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, STACK_TRACE } from './bench.ts'

let bench: Bench
let cwd = ''
beforeEach(async () => {
  bench = await createBench()
  cwd = join(bench.home, 'work')
  await mkdir(cwd)
})
afterEach(() => bench.dispose())

const agentproxy = (...args: readonly string[]) => bench.command(args, { bin: 'agentproxy', cwd })

async function asJson(...args: readonly string[]) {
  const { code, stdout, stderr } = await agentproxy(...args, '--json')
  return { code, stderr, value: JSON.parse(stdout) as Readonly<Record<string, unknown>> }
}

const write = (file: string, setup: string, name: string, more = '') =>
  bench.write(
    join('work/plugins', file),
    `import { definePlugin } from '@agentproxy/plugin'
     export default definePlugin({ name: '${name}', version: '1.2.3', ${more} setup(ctx) { ${setup} } })`,
  )

/** A test of the plugin in the same folder, in TypeScript and with the contract. */
const testing = (greeting: string): string => `import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { PluginError } from '@agentproxy/plugin'
  import plugin from './index.ts'
  const name: string = plugin.name
  test('knows its name', () => assert.equal(name + PluginError.name, '${greeting}'))`

describe('plugins new and plugins test', () => {
  test('make a plugin that passes as it is, in an empty folder', async () => {
    expect((await agentproxy('plugins', 'new', 'hello', '--with-tests')).code).toBe(0)
    const { code, stdout } = await agentproxy('plugins', 'test', './plugins/hello')
    expect(stdout).toContain('greets by name')
    expect(stdout).toMatch(/\d+ passed, 0 failed/)
    expect(code).toBe(0)
  })

  test('run TypeScript tests of its own, and fail with them', async () => {
    expect((await agentproxy('plugins', 'new', 'hello')).code).toBe(0)
    const twice = await agentproxy('plugins', 'new', 'hello')
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('is there already')])
    expect((await agentproxy('plugins', 'new', 'No Name')).stderr).toContain('plugins new no-name')
    const file = 'work/plugins/hello/index.test.ts'
    await bench.write(file, testing('helloPluginError'))
    const passed = await asJson('plugins', 'test', './plugins/hello')
    expect([passed.code, passed.value]).toEqual([
      0,
      expect.objectContaining({ passed: true, tests: { files: [join(bench.home, file)], passed: true } }),
    ])
    await bench.write(file, testing('something else'))
    expect((await agentproxy('plugins', 'test', './plugins/hello')).code).toBe(1)
    expect((await agentproxy('plugins', 'test', './nowhere')).code).toBe(2)
  })
})

describe('plugins list, inspect and doctor', () => {
  beforeEach(async () => {
    await write('base.mjs', `ctx.hook('task.start', () => {}, { order: 'post' })`, 'base')
    await write(
      'guest.mjs',
      `ctx.hook('task.start', () => {}, { onError: 'block', timeoutMs: 70 }); ctx.hook('task.start', () => {}, { order: 'post' })
       ctx.command('list', { description: 'hidden', run() {} }); ctx.command('stats', { description: 'Numbers', run() {} })
       ctx.task('evict', { everyMs: 60000 }, () => console.log('a task ran')); ctx.tool('guest.look', { description: 'x', parameters: {}, execute() {} })
       ctx.health(() => ({ status: 'pass', output: 'well' }))`,
      'guest',
      `dependencies: ['base'], permissions: { network: ['a.example'] },
       config: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },`,
    )
  })

  test('show everything there is', async () => {
    await write('twin.mjs', '', 'guest')
    await write('broken.mjs', `throw new Error('no licence')`, 'broken')
    await write('off.mjs', '', 'off')
    await bench.write(
      'config/agentproxy/config.yaml',
      `disabledPlugins: [off, provider-gemini]\nplugins: { guest: { apiKey: s3cret, size: 3 } }\n`,
    )
    const list = await asJson('plugins', 'list')
    expect(list.code).toBe(0)
    const origin = join(cwd, 'plugins/guest.mjs')
    const row = { name: 'guest', status: 'active', version: '1.2.3', kind: 'system', origin }
    expect(list.value['plugins']).toContainEqual(expect.objectContaining(row))
    const failed = {
      name: 'broken',
      status: 'failed',
      reason: expect.stringContaining('no licence') as unknown,
    }
    expect(list.value['plugins']).toContainEqual(expect.objectContaining(failed))
    for (const name of ['off', 'provider-gemini'])
      expect(list.value['plugins']).toContainEqual(expect.objectContaining({ name, status: 'disabled' }))
    expect(list.value['duplicates']).toEqual([
      { name: 'guest', taken: origin, ignored: join(cwd, 'plugins/twin.mjs') },
    ])

    const { value: guest } = await asJson('plugins', 'inspect', 'guest')
    const common = { hook: 'task.start', needsBody: false }
    expect(guest).toMatchObject({
      status: 'active',
      dependencies: ['base'],
      permissions: { network: ['a.example'] },
      tools: ['guest.look'],
      tasks: [{ name: 'evict', schedule: 'every 60000 ms', runs: 0 }],
      commands: ['list', 'stats'],
      config: [
        { path: 'apiKey', value: '[masked]', origin: join(bench.home, 'config/agentproxy/config.yaml') },
        { path: 'size', value: 3, origin: join(bench.home, 'config/agentproxy/config.yaml') },
      ],
      health: { status: 'pass', output: 'well' },
      hooks: [
        { ...common, order: 'normal', timeoutMs: 70, onError: 'block', position: 1, of: 3 },
        { ...common, order: 'post', timeoutMs: 5000, onError: 'continue', position: 3, of: 3 },
      ],
    })
    const { stdout } = await agentproxy('plugins', 'inspect', 'guest')
    expect(stdout).toContain('3rd of 3 on task.start')
    expect(stdout).not.toContain('s3cret')
    const unknown = await agentproxy('plugins', 'inspect', 'guets')
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean "guest"')])
  })

  test('say what is wrong and what to do', async () => {
    const well = await asJson('plugins', 'doctor')
    expect([well.code, well.value['ok']]).toEqual([0, true])
    await bench.write('config/agentproxy/config.yaml', 'plugins: { gest: { size: 3 } }\n')
    await chmod(join(cwd, 'plugins/base.mjs'), 0o666)
    const ill = await agentproxy('plugins', 'doctor')
    expect(ill.code).toBe(1)
    expect(ill.stdout).toContain(`chmod go-w ${join(cwd, 'plugins/base.mjs')}`)
    expect(ill.stdout).toMatch(/FAIL +guest: plugin guest needs plugin base/)
    expect(ill.stdout).not.toMatch(STACK_TRACE)
  })

  test('warn of a command that one of ours hides', async () => {
    const { value } = await asJson('plugins', 'commands')
    expect(value['commands']).toMatchObject([
      { name: 'list', hidden: true },
      { name: 'stats', plugin: 'guest', hidden: false },
    ])
    expect((await agentproxy('plugins', 'list')).stderr).toContain('command list of plugin guest')
  })
})

describe('plugins enable, disable and reload', () => {
  test('change the configuration, and say when no server runs', async () => {
    await write('guest.mjs', '', 'guest')
    await bench.write('config/agentproxy/config.yaml', '# mine\nserver: { port: 9000 }\n')
    const file = join(bench.home, 'config/agentproxy/config.yaml')
    const disabled = await agentproxy('plugins', 'disable', 'guest')
    expect([disabled.code, disabled.stdout]).toEqual([0, expect.stringContaining('at the next start')])
    expect(await readFile(file, 'utf8')).toBe('# mine\nserver: { port: 9000 }\ndisabledPlugins:\n  - guest\n')
    const { value } = await asJson('plugins', 'enable', 'guest')
    expect(value).toEqual({ name: 'guest', action: 'enable', file, changed: true, server: null })
    expect((await agentproxy('plugins', 'disable', 'gueest')).code).toBe(2)
    const reload = await agentproxy('plugins', 'reload', 'guest')
    expect([reload.code, reload.stderr]).toEqual([1, expect.stringContaining('agentproxy serve')])
  })
})

describe('a command that a plugin adds', () => {
  const command = `{
    description: 'Counts things', arguments: 'FILE...', examples: ['agentproxy count a b'],
    options: { since: { type: 'string', short: 's', description: 'From when', default: 'ever' }, loud: { type: 'boolean', description: 'Say it' } },
    async run({ positionals, values }, { write, note, signal }) {
      write(JSON.stringify({ positionals, values }) + '\\n'); note('counted\\n')
      if (positionals[0] === 'boom') throw new Error('cannot count')
      if (positionals[0] === 'wait') await new Promise((resolve) => { const keep = setInterval(() => {}, 1000); signal.addEventListener('abort', () => { clearInterval(keep); resolve() }) })
      if (positionals[0] === 'three') return 3
    },
  }`
  beforeEach(() => write('guest.mjs', `ctx.command('count', ${command})`, 'guest'))

  test('gets its options, and its exit code is ours', async () => {
    const { code, stdout, stderr } = await agentproxy('count', 'a', '-s', 'May', '--loud', 'b')
    expect([code, stderr]).toEqual([0, 'counted\n'])
    expect(JSON.parse(stdout)).toEqual({ positionals: ['a', 'b'], values: { since: 'May', loud: true } })
    expect((await agentproxy('count', 'three')).code).toBe(3)
    const failed = await agentproxy('count', 'boom')
    expect([failed.code, failed.stderr]).toEqual([1, 'counted\nerror: cannot count\n'])
  })

  test('has help, and refuses what it does not know', async () => {
    const { code, stdout } = await agentproxy('count', '--help')
    expect(code).toBe(0)
    expect(stdout).toContain('Usage: agentproxy count [options] FILE...')
    expect(stdout).toMatch(/-s, --since <value> +From when \(default: "ever"\)/)
    expect(stdout).toContain('agentproxy count a b')
    const wrong = await agentproxy('count', '--loudd')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "loud"')])
    const unknown = await agentproxy('coutns')
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean "count"')])
  })

  test('ends with Ctrl-C', async () => {
    const running = bench.start(['count', 'wait'], { bin: 'agentproxy', cwd })
    await running.line((line) => line.includes('wait'))
    running.child.kill('SIGINT')
    expect((await running.done).code).toBe(130)
  })

  test('of the current folder is not looked for where a word is a slip, nor by pa', async () => {
    await bench.write('work/plugins/evil.mjs', `console.log('run unasked')`)
    const slip = await agentproxy('srve')
    expect([slip.code, slip.stderr]).toEqual([2, expect.stringContaining('did you mean "serve"')])
    const pa = await bench.command(['plugins', 'list'], { bin: 'pa', cwd })
    expect(pa.code).toBe(0)
    expect(`${slip.stdout}${slip.stderr}${pa.stdout}${pa.stderr}`).not.toContain('run unasked')
  })
})

describe('tools and agents', () => {
  test('tools are listed and called; what is wrong with a call is said', async () => {
    const add = `ctx.tool('guest.add', { description: 'Adds', execute: ({ a, b }) => { if (b === 0) throw new Error('no zero'); return { sum: a + b } },
      parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a'] } })`
    await write('guest.mjs', add, 'guest')
    const list = await agentproxy('tools', 'list')
    expect([list.code, list.stdout]).toEqual([0, 'guest.add  Adds\n'])
    const called = await agentproxy('tools', 'call', 'guest.add', '{ "a": 1, "b": 2 }', '--timeout', '5s')
    expect([called.code, called.stdout, called.stderr]).toEqual([0, '{"sum":3}\n', ''])
    for (const [args, code, words] of [
      [['guest.ad', '{}'], 2, 'did you mean guest.add?'],
      [['guest.add', '{ "a": "one" }'], 2, 'a: must be number'],
      [['guest.add', '[1]'], 2, 'not a JSON object'],
      [['guest.add', '{ "a": 1, "b": 0 }'], 1, 'no zero'],
    ] as const) {
      const wrong = await agentproxy('tools', 'call', ...args)
      expect([wrong.code, wrong.stdout]).toEqual([code, ''])
      expect(wrong.stderr).toContain(words)
    }
  })

  test('agents say whether they can run here', async () => {
    const { code, stdout } = await agentproxy('agents', '--json')
    expect(code).toBe(0)
    const agents = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; available: boolean })
    expect(agents.find(({ name }) => name === 'builtin')).toMatchObject({ available: true })
    expect(agents.find(({ name }) => name === 'claude-code')).toMatchObject({ available: false })
  })
})
