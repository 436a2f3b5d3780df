import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  agreeInBrowser,
  CANARY,
  startOAuthServer,
} from '../../packages/cli/src/auth/oauth-server.test-support.ts'
import type { OAuthServer } from '../../packages/cli/src/auth/oauth-server.test-support.ts'
import type { Bench } from './bench.ts'
import { createBench, jsonLines } from './bench.ts'

let bench: Bench
let server: OAuthServer
let env: Record<string, string>
beforeEach(async () => {
  bench = await createBench()
  server = await startOAuthServer()
  env = { AGENTPROXY_PLUGINS: await writePlugin() }
})
afterEach(async () => {
  await bench.dispose()
  await server.close()
})

/** Offers the login, writes down what it is told of logins, and uses one at `app.start` where asked to. */
function writePlugin(redirect: object = { kind: 'loopback' }): Promise<string> {
  const provider = JSON.stringify(server.provider({ redirect } as object))
  return bench.write(
    'plugins/logins.mjs',
    `import { appendFile } from 'node:fs/promises'
     import { definePlugin } from '@agentproxy/plugin'
     const log = process.env.TOLD
     export default definePlugin({ name: 'logins', version: '1.0.0', setup(ctx) {
       ctx.oauth(${provider})
       ctx.hook('oauth.token', async (change) => {
         await new Promise((resolve) => setTimeout(resolve, 50))
         if (log) await appendFile(log, JSON.stringify(change) + '\\n')
       })
       ctx.hook('app.start', async () => {
         const use = process.env.USE
         if (!use) return
         const secret = await (use === 'key' ? ctx.secrets.get('api-key') : ctx.secrets.oauth('test'))
         ctx.log.warn('the secret is ' + secret + ' ' + JSON.stringify({ secret }))
         const response = await ctx.http(process.env.RESOURCE, { headers: { authorization: secret.withPrefix('Bearer ') } })
         ctx.log.warn('resource ' + response.status)
       }, { timeoutMs: 30_000 })
     } })`,
  )
}

async function login(...flags: string[]) {
  const running = bench.start(['auth', 'login', 'test', '--json', ...flags], { env })
  const opened = JSON.parse(await running.line((line) => line.includes('"open"'))) as { url: string }
  return { opened, running }
}

async function loggedIn(): Promise<void> {
  const { opened, running } = await login()
  await agreeInBrowser(opened.url)
  const { code, stdout, stderr } = await running.done
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toContain(CANARY)
}

const auth = (...args: string[]) => bench.command(['auth', ...args], { env })

const secrets = (args: string[], input?: string) =>
  bench.command(['secrets', ...args], input === undefined ? {} : { input })

describe('secrets', () => {
  test('are set from standard input, listed by name, deleted, and shown nowhere', async () => {
    const set = await secrets(['set', 'logins', 'api-key'], `${CANARY}-1\n`)
    expect([set.code, set.stdout, set.stderr]).toEqual([0, 'logins api-key  kept\n', ''])
    await secrets(['set', 'other', 'KEY_2', '--json'], `${CANARY}-2`)
    const list = await secrets(['list'])
    expect(list.stdout).toBe('logins api-key\nother KEY_2\n')
    expect(jsonLines((await secrets(['list', '--json'])).stdout)).toEqual([
      { plugin: 'logins', name: 'api-key' },
      { plugin: 'other', name: 'KEY_2' },
    ])
    const state = path.join(bench.home, 'state')
    for (const name of await readdir(state, { recursive: true }))
      if (path.extname(name) !== '' || name.startsWith('vault/vault'))
        expect(await readFile(path.join(state, name), 'latin1')).not.toContain(CANARY)
    expect((await secrets(['delete', 'other', 'KEY_2'])).code).toBe(0)
    expect((await secrets(['delete', 'other', 'KEY_2'])).code).toBe(1)
    expect((await secrets(['list'])).stdout).toBe('logins api-key\n')
  })

  test('are never taken from an argument, and an empty one is refused', async () => {
    const asArgument = await secrets(['set', 'logins', 'api-key', `${CANARY}-3`], '')
    expect([asArgument.code, asArgument.stdout]).toEqual([2, ''])
    const empty = await secrets(['set', 'logins', 'api-key'], '\n')
    expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('nothing was kept')])
    expect((await secrets(['set', '../x', 'y'], 'z')).code).toBe(2)
  })

  test('reach a plugin from the vault first, then from the environment, and only its requests', async () => {
    const seen: string[] = []
    const { createServer } = await import('node:http')
    const resource = createServer((request, response) => {
      seen.push(request.headers.authorization ?? '')
      response.end()
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void resource.close())
    await new Promise((resolve) => resource.once('listening', resolve))
    const { port } = resource.address() as { port: number }
    const use = {
      ...env,
      USE: 'key',
      RESOURCE: `http://127.0.0.1:${port}/`,
      AGENTPROXY_SECRETS__LOGINS__API_KEY: `${CANARY}-env`,
    }
    const first = await bench.command(['models'], { env: use })
    await secrets(['set', 'logins', 'api-key'], `${CANARY}-vault`)
    const second = await bench.command(['models', '--verbose'], { env: use })
    expect(seen).toEqual([`Bearer ${CANARY}-env`, `Bearer ${CANARY}-vault`])
    for (const { code, stdout, stderr } of [first, second]) {
      expect(code).toBe(0)
      expect(stderr).toContain('resource 200')
      expect(stderr).toContain('[secret api-key]')
      expect(stdout + stderr).not.toContain(CANARY)
    }
  })
})

describe('a login', () => {
  test('by browser is kept, shown without its tokens, refreshed, revoked, and each change is told', async () => {
    server.behaviour.idToken = true
    env['TOLD'] = path.join(bench.home, 'told')
    expect((await auth('providers')).stdout).toBe('test  Test Login; loopback, device; of plugin logins\n')
    expect((await auth('status', 'test')).code).toBe(1)
    await loggedIn()
    const status = await auth('status')
    expect(status.stdout).toMatch(
      /^test {2}logged in; until \S+Z; refreshed when needed; scopes read write\n$/,
    )
    const before = jsonLines((await auth('status', 'test', '--json')).stdout)[0]
    const refreshed = await auth('refresh', 'test', '--json')
    expect(jsonLines(refreshed.stdout)[0]).toMatchObject({ provider: 'test', state: 'logged in' })
    expect(jsonLines(refreshed.stdout)[0]?.['expiresAt']).toBeGreaterThan(Number(before?.['expiresAt']))
    const out = await auth('logout', 'test')
    expect([out.code, out.stdout, out.stderr]).toEqual([0, 'test  logged out\n', ''])
    expect(server.revoked).toHaveLength(1)
    expect((await auth('refresh', 'test')).stderr).toContain('agentproxy auth login test')
    const told = await readFile(env['TOLD'], 'utf8')
    expect(jsonLines(told).map((line) => [line['provider'], line['plugin'], line['change']])).toEqual([
      ['test', 'logins', 'login'],
      ['test', 'logins', 'refresh'],
      ['test', 'logins', 'logout'],
    ])
    expect(told + status.stdout + refreshed.stdout + refreshed.stderr).not.toContain(CANARY)
  })

  test('by device, with slow_down', async () => {
    server.behaviour.tokenErrors = ['authorization_pending', 'slow_down']
    const { running, opened } = await login('--device')
    expect(opened).toMatchObject({ url: `${server.url}/activate`, code: 'WDJB-MJHT' })
    expect((await running.done).code).toBe(0)
  })

  test('by pasting', async () => {
    env['AGENTPROXY_PLUGINS'] = await writePlugin({ kind: 'paste', redirectUri: `${server.url}/shown` })
    const running = bench.start(['auth', 'login', 'test', '--json'], { env, input: `code-${CANARY}-x\n` })
    const { code, stdout, stderr } = await running.done
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('invalid_grant')])
    expect(stdout + stderr).not.toContain(CANARY)
  })

  test('that is stopped ends at once with 130, and one that is refused with 1', async () => {
    const stopped = await login()
    stopped.running.child.kill('SIGINT')
    const end = await stopped.running.done
    expect([end.code, end.stderr]).toEqual([130, expect.stringContaining('was stopped')])
    server.behaviour.denial = 'access_denied'
    const refused = await login()
    await agreeInBrowser(refused.opened.url)
    const { code, stderr } = await refused.running.done
    expect([code, stderr]).toEqual([1, expect.stringContaining('access_denied')])
    expect((await auth('status', 'test', '--json')).stdout).toContain('logged out')
  })

  test('is refreshed once by two processes that need it at once, and used by both', async () => {
    server.behaviour.expiresIn = 1
    await loggedIn()
    server.behaviour.expiresIn = 3600
    server.behaviour.tokenDelayMs = 300
    const use = {
      ...env,
      USE: 'login',
      RESOURCE: `${server.url}/resource`,
      TOLD: path.join(bench.home, 'told'),
    }
    const serving = ['serve', '--port', '0', '--json', '--verbose']
    const both = [1, 2].map(() => bench.start(serving, { env: use }))
    const used = () => server.requests.filter(({ path: to }) => to === '/resource').length
    await expect.poll(used, { timeout: 60_000 }).toBe(2)
    for (const { child, done } of both) {
      child.kill('SIGTERM')
      const { code, stdout, stderr } = await done
      expect([code, stderr]).toEqual([0, expect.stringContaining('resource 200')])
      expect(stdout + stderr).not.toContain(CANARY)
    }
    expect([server.refreshes(), server.reuses]).toEqual([1, 0])
    expect(jsonLines(await readFile(use.TOLD, 'utf8'))).toHaveLength(1)
  })

  test('that the provider has ended says how to log in again', async () => {
    server.behaviour.expiresIn = 0
    await loggedIn()
    server.behaviour.tokenErrors = ['invalid_grant']
    const { code, stdout, stderr } = await auth('refresh', 'test')
    expect([code, stderr]).toEqual([1, expect.stringContaining('agentproxy auth login test')])
    expect((await auth('status', 'test')).stdout).toContain('ended')
    expect(stdout + stderr).not.toContain(CANARY)
    const debug = await bench.command(['auth', 'refresh', 'test'], { env: { ...env, AGENTPROXY_DEBUG: '1' } })
    expect(debug.stdout + debug.stderr).not.toContain(CANARY)
  })

  test('to an unknown provider exits 2', async () => {
    expect(await auth('login', 'nobody')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no plugin offers a login named "nobody"'),
    })
  })
})

/** Runs a command on a pseudo terminal; `type` is asked for input each time something was shown. */
async function onTerminal(
  command: string,
  more: Record<string, string>,
  type: (shown: string) => string | null,
) {
  const bin = fileURLToPath(new URL('../../packages/cli/bin/agentproxy.js', import.meta.url))
  const child = spawn('/usr/bin/script', ['-qec', `${process.execPath} ${bin} ${command}`, '/dev/null'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: bench.home,
      TERM: 'dumb',
      AGENTPROXY_HOME: path.join(bench.home, 'state'),
      XDG_CONFIG_HOME: path.join(bench.home, 'config'),
      ...more,
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let shown = ''
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    const typed = type(shown)
    if (typed !== null) child.stdin.write(typed)
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, shown }
}
const answerOnce = (question: string, answer: string) => {
  let asked = false
  return (shown: string): string | null => {
    if (asked || !shown.includes(question)) return null
    asked = true
    return answer
  }
}

describe.skipIf(!existsSync('/usr/bin/script'))('at a terminal', () => {
  test('a secret is asked for and not shown as it is typed', async () => {
    const { code, shown } = await onTerminal(
      'secrets set logins api-key',
      {},
      answerOnce('logins api-key: ', `${CANARY}-typed\r`),
    )
    expect([code, shown]).toEqual([0, expect.stringContaining('kept')])
    expect(shown).not.toContain(CANARY)
    expect((await bench.command(['secrets', 'list'])).stdout).toBe('logins api-key\n')
  })

  test('Ctrl-C at the question keeps nothing', async () => {
    const { code } = await onTerminal(
      'secrets set logins api-key',
      {},
      answerOnce('logins api-key: ', '\u0003'),
    )
    expect(code).toBe(130)
    expect((await bench.command(['secrets', 'list'])).stdout).toContain('No secret is kept')
  })

  test('a login opens the browser that BROWSER names, with the address and nothing of a shell', async () => {
    const browser = await bench.write(
      'browser.mjs',
      `const page = await fetch(process.argv[2], { redirect: 'manual' })
       await fetch(page.headers.get('location'))`,
    )
    const { code, shown } = await onTerminal(
      'auth login test',
      { ...env, BROWSER: `${process.execPath} ${browser}` },
      () => null,
    )
    expect([code, shown]).toEqual([0, expect.stringContaining('logged in')])
    expect(shown).not.toContain(CANARY)
  })
})
