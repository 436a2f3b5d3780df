import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import type { OAuthProvider } from '@agentproxy/plugin'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CliError } from '../errors.ts'
import { checkProvider } from './check-provider.ts'
import { loginByDevice } from './login-by-device.ts'
import { loginByRedirect } from './login-by-redirect.ts'
import type { LoginScreen } from './login-screen.ts'
import { agreeInBrowser, CANARY, startOAuthServer } from './oauth-server.test-support.ts'
import type { OAuthServer } from './oauth-server.test-support.ts'
import { readPasted } from './read-pasted.ts'

async function serverForTest(): Promise<OAuthServer> {
  const server = await startOAuthServer()
  onTestFinished(() => server.close())
  return server
}

interface Person extends LoginScreen {
  readonly pages: { readonly url: string; readonly code: string | null }[]
  readonly shown: Promise<string>
}

/** Somebody at the screen, who types `typed` when asked. */
function person(typed = (_url: string): Promise<string> | string => ''): Person {
  const pages: Person['pages'] = []
  const { promise, resolve } = withResolvers<string>()
  return {
    pages,
    shown: promise,
    show(page) {
      pages.push(page)
      resolve(page.url)
    },
    ask: async () => typed(pages.at(-1)?.url ?? ''),
  }
}

function withResolvers<Value>() {
  const settlers: ((value: Value) => void)[] = []
  const promise = new Promise<Value>((resolve) => void settlers.push(resolve))
  return { promise, resolve: (value: Value) => void settlers.map((settle) => settle(value)) }
}

const never = new AbortController().signal

/** Fails on purpose: what was thrown, checked to hold nothing secret. */
async function failureOf(login: Promise<unknown>): Promise<CliError> {
  const error: unknown = await login.then(
    () => 'it succeeded',
    (thrown: unknown) => thrown,
  )
  if (!CliError.is(error)) throw new Error(`no CliError: ${inspect(error)}`)
  for (let shown: unknown = error; shown instanceof Error; shown = shown.cause)
    expect(inspect(shown, { depth: 10 }) + String(shown.stack)).not.toContain(CANARY)
  return error
}

async function begin(provider: OAuthProvider, signal = never) {
  const screen = person()
  const login = loginByRedirect(provider, screen, signal)
  login.catch(() => {})
  return { login, url: await screen.shown }
}

describe('a login by browser', () => {
  test('uses PKCE with S256, a fresh state and a port of its own, and ends with tokens', async () => {
    const server = await serverForTest()
    server.behaviour.idToken = true
    const { login, url } = await begin(
      server.provider({
        issuer: server.url,
        authorizationParameters: { audience: 'x', code_challenge_method: 'plain' },
      }),
    )
    const query = new URL(url).searchParams
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    expect(query.get('state')).toMatch(/^[\w-]{43}$/)
    expect([query.get('audience'), query.get('scope')]).toEqual(['x', 'read write'])
    expect(query.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    const { status, page, headers } = await agreeInBrowser(url)
    const tokens = await login
    expect([status, page]).toEqual([200, expect.stringContaining('Logged in to Test Login')])
    expect(page).not.toContain(CANARY)
    expect([headers.get('referrer-policy'), headers.get('cache-control')]).toEqual([
      'no-referrer',
      'no-store',
    ])
    expect(headers.get('content-security-policy')).toBe("default-src 'none'")
    expect(tokens).toMatchObject({ scopes: ['read', 'write'], account: 'someone@example.com' })
    expect(tokens.accessToken).toMatch(/^access-/)
    expect(tokens.expiresAt).toBeGreaterThan(Date.now() + 3_500_000)
    await expect(fetch(query.get('redirect_uri') ?? '')).rejects.toThrow('fetch failed')
  })

  test('believes no ID token where the issuer is not known', async () => {
    const server = await serverForTest()
    server.behaviour.idToken = true
    const { login, url } = await begin(server.provider())
    await agreeInBrowser(url)
    expect((await login).account).toBeNull()
  })

  test('a callback without the right state changes nothing, whatever else it says, and the wait goes on', async () => {
    const server = await serverForTest()
    const { login, url } = await begin(server.provider())
    const redirect = new URL(new URL(url).searchParams.get('redirect_uri') ?? '')
    const state = new URL(url).searchParams.get('state') ?? ''
    const stranger = async (search: string, init: RequestInit = {}, path = '/callback'): Promise<number> =>
      (await fetch(`${redirect.origin}${path}${search}`, init)).status
    expect(await stranger('')).toBe(400)
    expect(await stranger('?error=access_denied')).toBe(400)
    expect(await stranger('?code=x&state=wrong')).toBe(400)
    expect(await stranger(`?code=x&state=${state.slice(0, -1)}!`)).toBe(400)
    expect(await stranger(`?error=access_denied&state=wrong&state=${state}`)).toBe(400)
    expect(await stranger(`?state=${state}`, { method: 'POST' })).toBe(404)
    expect(await stranger(`?code=x&state=${state}`, {}, '/other')).toBe(404)
    expect(await stranger('', {}, '/favicon.ico')).toBe(404)
    expect(server.requests.filter(({ path }) => path === '/token')).toEqual([])
    expect((await agreeInBrowser(url)).status).toBe(200)
    expect((await login).accessToken).toContain(CANARY)
  })

  test.each([
    ['the person refuses', { denial: 'access_denied' }, 'access_denied'],
    ['the issuer is another (RFC 9207)', { iss: 'https://evil.example' }, 'unexpected "iss"'],
    ['the provider refuses the code', { tokenErrors: ['invalid_grant'] }, 'invalid_grant'],
    ['the provider is broken', { tokenErrors: ['status:503'] }, 'unexpected HTTP status code'],
  ])('ends with the reason when %s', async (_what, change, reason) => {
    const server = await serverForTest()
    Object.assign(server.behaviour, change)
    const { login, url } = await begin(server.provider({ issuer: server.url }))
    const { status, page } = await agreeInBrowser(url)
    expect([status, page]).toEqual([400, expect.stringContaining('did not succeed')])
    const error = await failureOf(login)
    expect(error).toMatchObject({ code: 'LOGIN_FAILED' })
    expect(error.message).toContain(reason)
  })

  test('a code of somebody else’s login is refused, for its PKCE challenge is another', async () => {
    const server = await serverForTest()
    const mine = await begin(server.provider())
    const theirs = await begin(server.provider(), AbortSignal.timeout(5000))
    const page = await fetch(theirs.url, { redirect: 'manual' })
    const stolen = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? ''
    await agreeInBrowser(mine.url, (callback) => callback.searchParams.set('code', stolen))
    expect((await failureOf(mine.login)).message).toContain('invalid_grant')
    await agreeInBrowser(theirs.url)
    await theirs.login
  })

  test('an aborted one leaves no listener, and a port that is taken is told', async () => {
    const server = await serverForTest()
    const controller = new AbortController()
    const { login, url } = await begin(server.provider(), controller.signal)
    const redirect = new URL(new URL(url).searchParams.get('redirect_uri') ?? '')
    controller.abort(new CliError('LOGIN_CANCELLED', 'the login was stopped'))
    expect((await failureOf(login)).code).toBe('LOGIN_CANCELLED')
    await expect(fetch(redirect)).rejects.toThrow('fetch failed')

    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const fixed = server.provider({ redirect: { kind: 'loopback', port, path: '/done', host: 'localhost' } })
    const error = await failureOf(loginByRedirect(fixed, person(), never))
    expect(error.message).toContain(`127.0.0.1:${port}`)
    taken.close()
    await new Promise((resolve) => taken.once('close', resolve))
    const again = await begin(fixed)
    expect(new URL(again.url).searchParams.get('redirect_uri')).toBe(`http://localhost:${port}/done`)
    await agreeInBrowser(again.url, (callback) => (callback.hostname = '127.0.0.1'))
    await again.login
  })
})

async function callbackOf(url: string): Promise<URL> {
  return new URL((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '')
}

describe('a login by pasting', () => {
  const redirect = { kind: 'paste', redirectUri: 'http://127.0.0.1:9/none' } as const

  test.each([
    ['the whole address', (callback: URL) => `  ${callback.href}\n`],
    ['the code alone', (callback: URL) => callback.searchParams.get('code') ?? ''],
    [
      'the code and the state',
      (callback: URL) => `${callback.searchParams.get('code')}#${callback.searchParams.get('state')}`,
    ],
  ])('takes %s', async (_what, paste) => {
    const server = await serverForTest()
    const screen = person(async (url) => paste(await callbackOf(url)))
    expect((await loginByRedirect(server.provider({ redirect }), screen, never)).accessToken).toContain(
      CANARY,
    )
  })

  test.each([
    ['nothing', () => '', 'nothing was pasted'],
    ['another state', (callback: URL) => `${callback.searchParams.get('code')}#other`, 'unexpected "state"'],
    ['a code of nobody', () => `code-${CANARY}`, 'invalid_grant'],
  ])('refuses %s', async (_what, paste, reason) => {
    const server = await serverForTest()
    const screen = person(async (url) => paste(await callbackOf(url)))
    const error = await failureOf(loginByRedirect(server.provider({ redirect }), screen, never))
    expect(error.message).toContain(reason)
  })

  test.each([
    ['https://x.example/cb?code=a&state=b', { code: 'a', state: 'b' }],
    [' a#b ', { code: 'a', state: 'b' }],
    ['a', { code: 'a' }],
  ])('reads %s', (text, parameters) => {
    expect(Object.fromEntries(readPasted(text) ?? [])).toEqual(parameters)
  })
})

describe('a login by device', () => {
  test('shows address and code, waits as told, slower when told, and ends with tokens', async () => {
    const server = await serverForTest()
    server.behaviour.tokenErrors = ['authorization_pending', 'slow_down', 'authorization_pending']
    const screen = person()
    const waits: number[] = []
    const pause = async (waitMs: number): Promise<void> => void waits.push(waitMs)
    const tokens = await loginByDevice(server.provider(), { screen, signal: never, pause })
    expect(screen.pages).toEqual([{ url: `${server.url}/activate`, code: 'WDJB-MJHT' }])
    expect(waits).toEqual([100, 100, 5100, 5100])
    expect(tokens.accessToken).toContain(CANARY)
  })

  test.each([['access_denied'], ['expired_token'], ['status:500']])('ends with %s', async (failure) => {
    const server = await serverForTest()
    server.behaviour.tokenErrors = ['authorization_pending', failure]
    const error = await failureOf(loginByDevice(server.provider(), { screen: person(), signal: never }))
    expect(error.message).toContain(failure.startsWith('status') ? 'unexpected HTTP status code' : failure)
  })

  test('can be stopped while it waits', async () => {
    const server = await serverForTest()
    server.behaviour.deviceInterval = 60
    const controller = new AbortController()
    const screen = person()
    const login = loginByDevice(server.provider(), { screen, signal: controller.signal })
    await screen.shown
    controller.abort(new CliError('LOGIN_CANCELLED', 'the login was stopped'))
    expect((await failureOf(login)).code).toBe('LOGIN_CANCELLED')
  })
})

describe('a definition', () => {
  test('may name http addresses on this machine only', async () => {
    const server = await serverForTest()
    expect(() => checkProvider(server.provider(), 'p')).not.toThrow()
    for (const url of ['http://example.com/token', 'ftp://127.0.0.1/', 'nonsense'])
      expect(() => checkProvider(server.provider({ tokenUrl: url }), 'p')).toThrow(
        'tokenUrl must be an https URL',
      )
  })
})
