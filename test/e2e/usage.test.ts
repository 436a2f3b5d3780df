import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, STACK_TRACE } from './bench.ts'

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})
afterAll(() => bench.dispose())

const base = ['fix it', '--check', 'npm test']

describe('what is wrong is said in words, with its own exit code and no stack', () => {
  test.each([
    ['a wrong flag', [...base, '--agnt', 'x'], 'Did you mean --agent?'],
    [
      'an unknown agent',
      [...base, '--agent', 'builtn', '--model', 'simulator/fix'],
      'did you mean "builtin"?',
    ],
    ['an unknown model', [...base, '--model', 'simulator/fixx'], 'simulator/fix,'],
    ['an unknown provider', [...base, '--model', 'simulatr/fix'], 'simulator/fix'],
    ['no model', base, '--model provider/model'],
    ['a model without its key', [...base, '--model', 'anthropic/claude-anything'], 'ANTHROPIC_API_KEY'],
    [
      'an unknown reasoner',
      [...base, '--model', 'simulator/fix', '--reasoner', 'rulez'],
      'unknown reasoner "rulez" (did you mean "rules"?)',
    ],
    ['a reasoner without a model', [...base, '--agent', 'builtin', '--reasoner', 'llm'], 'model'],
    ['a folder that is not there', [...base, '-d', 'nowhere'], 'does not exist'],
    ['a folder that is a file', [...base, '-d', 'package.json'], 'is not a folder'],
    ['an unknown session', ['show', 'zzz'], 'no session begins with "zzz"'],
    ['a session to resume that is not there', ['resume', 'zzz'], 'no session begins with "zzz"'],
    [
      'a checks file that is not there',
      ['fix it', '--checks', 'none.yaml', '--model', 'simulator/fix'],
      'none.yaml',
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await bench.command(args)
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(STACK_TRACE)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test('a task that nothing would prove', async () => {
    const empty = path.join(bench.home, 'empty')
    await bench.write('empty/readme.txt', 'nothing to test\n')
    const { code, stderr } = await bench.command(['fix it', '-d', empty, '--model', 'simulator/fix'])
    expect(code).toBe(2)
    expect(stderr).toContain('--check "npm test"')
  })

  test('an agent that is not installed', async () => {
    const env = { PATH: path.dirname(process.execPath), CLAUDE_BIN: path.join(bench.home, 'no-claude') }
    const args = [...base, '--agent', 'claude-code', '--model', 'simulator/fix']
    const { code, stderr } = await bench.command(args, { env })
    expect(code).toBe(17)
    expect(stderr).toMatch(/^error: .*Claude Code/)
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  test('a mistake in the configuration, with file and nearest key', async () => {
    await bench.write('config/agentproxy/config.yaml', 'supervisr: {}\n')
    const { code, stderr } = await bench.command(['list'])
    await bench.write('config/agentproxy/config.yaml', '')
    expect(code).toBe(2)
    expect(stderr).toContain('config.yaml: unknown key "supervisr" (did you mean "supervisor"?)')
  })

  test('a section for a plugin that does not exist', async () => {
    await bench.write('config/agentproxy/config.yaml', 'plugins: { provider-simulatr: { scenarios: [] } }\n')
    const { code, stderr } = await bench.command(['models'])
    await bench.write('config/agentproxy/config.yaml', '')
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean "provider-simulator"?')
  })

  test('a state folder that cannot be made', async () => {
    const { code, stderr } = await bench.command(['list'], { env: { AGENTPROXY_HOME: '/dev/null/state' } })
    expect(code).toBe(1)
    expect(stderr).toContain('/dev/null/state')
    expect(stderr).toContain('AGENTPROXY_HOME')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  test('AGENTPROXY_DEBUG=1 shows where an error comes from', async () => {
    const { stderr } = await bench.command(['show', 'zzz'], { env: { AGENTPROXY_DEBUG: '1' } })
    expect(stderr).toMatch(STACK_TRACE)
  })
})

describe('a command that cannot run at all', () => {
  const node = promisify(execFile)
  const fails = (...args: readonly string[]): Promise<{ code: number; stderr: string }> =>
    node(process.execPath, args).then(
      () => {
        throw new Error('it ran')
      },
      (error: unknown) => error as { code: number; stderr: string },
    )

  test('says which Node it needs', async () => {
    const old = await bench.write(
      'old.cjs',
      `Object.defineProperty(process, 'version', { value: 'v20.18.1' })`,
    )
    for (const bin of ['pa', 'agentproxy']) {
      const { code, stderr } = await fails('--require', old, path.resolve(`packages/cli/bin/${bin}.js`))
      expect(stderr).toBe('error: agentproxy needs Node 20.19 or newer; this is v20.18.1\n')
      expect(code).toBe(1)
    }
  })

  test('says that it is not built', async () => {
    await bench.write('unbuilt/package.json', '{"type":"module"}')
    for (const file of ['start.js', 'pa.js'])
      await bench.write(`unbuilt/bin/${file}`, await readFile(`packages/cli/bin/${file}`, 'utf8'))
    const { stderr } = await fails(path.join(bench.home, 'unbuilt/bin/pa.js'))
    expect(stderr).toBe('error: agentproxy is not built; run `npm run build`\n')
  })
})

describe('reading commands', () => {
  test('a reader that leaves early is no error', async () => {
    const bin = path.resolve('packages/cli/bin/pa.js')
    const child = spawn('sh', ['-c', `"${process.execPath}" "${bin}" --help | head -n 1; echo left`], {
      stdio: 'pipe',
    })
    let text = ''
    child.stdout.on('data', (chunk) => (text += String(chunk)))
    child.stderr.on('data', (chunk) => (text += String(chunk)))
    await once(child, 'close')
    expect(text).toBe('Usage: pa [options] [command]\nleft\n')
  })

  test('an empty list says how to begin', async () => {
    const { code, stdout } = await bench.command(['list'])
    expect(code).toBe(0)
    expect(stdout).toContain('Begin one with')
  })

  test('models names the simulator as what it is', async () => {
    const { code, stdout } = await bench.command(['models'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^simulator\/fix .*simulated/m)
  })
})
