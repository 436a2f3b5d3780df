import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import type { OAuthProvider, OAuthTokenChange } from '@agentproxy/plugin'
import { openVault } from '@agentproxy/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CliError } from '../errors.ts'
import { CANARY, startOAuthServer } from './oauth-server.test-support.ts'
import type { OAuthServer } from './oauth-server.test-support.ts'
import { exchangeDeviceCode, requestDeviceCode } from './oauth-requests.ts'
import { TokenKeeper } from './token-keeper.ts'
import type { Tokens } from './tokens.ts'
import { loginEntry } from './vault-names.ts'

interface Desk {
  readonly server: OAuthServer
  readonly dir: string
  readonly changes: OAuthTokenChange[]
  readonly warnings: string[]
  readonly keeper: TokenKeeper
  readonly vault: ReturnType<typeof openVault>
  /** Another one on the same vault, as another process has it. */
  readonly another: (provider?: OAuthProvider) => TokenKeeper
  /** Logs in with tokens that live so many seconds. */
  readonly login: (expiresIn: number | null) => Promise<Tokens>
}

async function openDesk(changes: Partial<OAuthProvider> = {}): Promise<Desk> {
  const server = await startOAuthServer()
  onTestFinished(() => server.close())
  const dir = await mkdtemp(path.join(tmpdir(), 'agentproxy-keeper-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const vault = openVault({ dir })
  const told: OAuthTokenChange[] = []
  const warnings: string[] = []
  const another = (provider = server.provider(changes)): TokenKeeper =>
    new TokenKeeper({
      vault: openVault({ dir }),
      providers: () => new Map([[provider.name, { plugin: 'logins', value: provider }]]),
      told: (change) => void told.push(change),
      warn: (text) => void warnings.push(text),
    })
  const keeper = another()
  return {
    server,
    dir,
    vault,
    changes: told,
    warnings,
    keeper,
    another,
    async login(expiresIn) {
      server.behaviour.expiresIn = expiresIn
      const { signal } = new AbortController()
      const provider = server.provider(changes)
      const begun = await requestDeviceCode(provider, signal)
      if (!begun.ok) throw new Error(begun.reason)
      const answer = await exchangeDeviceCode(provider, begun.value.device_code, signal)
      if (!answer.ok) throw new Error(answer.reason)
      await keeper.keep('test', answer.value)
      told.length = 0
      server.behaviour.expiresIn = 3600
      return answer.value
    },
  }
}

async function failureOf(pending: Promise<unknown>): Promise<CliError> {
  const error: unknown = await pending.then(
    () => 'it succeeded',
    (thrown: unknown) => thrown,
  )
  if (!CliError.is(error)) throw new Error(`no CliError: ${inspect(error)}`)
  expect(inspect(error, { depth: 10 })).not.toContain(CANARY)
  return error
}

describe('an access token', () => {
  test('is null before a login, and the same without a request while it is fresh', async () => {
    const { keeper, login, server } = await openDesk()
    expect(await keeper.accessToken('test')).toBeNull()
    expect(await keeper.accessToken('nobody')).toBeNull()
    const { accessToken } = await login(3600)
    expect(await keeper.accessToken('test')).toBe(accessToken)
    expect(server.refreshes()).toBe(0)
  })

  test('without an end is never refreshed by itself', async () => {
    const { keeper, login, server } = await openDesk()
    const { accessToken } = await login(null)
    expect(await keeper.accessToken('test')).toBe(accessToken)
    expect(server.refreshes()).toBe(0)
  })

  test('is refreshed within its last minute, kept, and told', async () => {
    const { keeper, login, server, changes, another } = await openDesk()
    const before = await login(59)
    const token = await keeper.accessToken('test')
    expect(token).not.toBe(before.accessToken)
    expect(await another().accessToken('test')).toBe(token)
    expect(server.refreshes()).toBe(1)
    const after = await keeper.tokens('test')
    expect(after?.refreshToken).not.toBe(before.refreshToken)
    expect(changes).toEqual([
      { provider: 'test', plugin: 'logins', change: 'refresh', expiresAt: after?.expiresAt },
    ])
  })

  test('is refreshed once, however many ask, here and through the same vault elsewhere', async () => {
    const { keeper, login, server, another } = await openDesk()
    await login(1)
    server.behaviour.tokenDelayMs = 50
    const keepers = [keeper, another(), another(), another()]
    const asked = keepers.flatMap((one) => Array.from({ length: 25 }, () => one.accessToken('test')))
    expect(new Set(await Promise.all(asked)).size).toBe(1)
    expect([server.refreshes(), server.reuses]).toEqual([1, 0])
  })
})

describe('a refresh that fails', () => {
  test('for good ends the login, is told, and is not tried again', async () => {
    const { keeper, login, server, changes } = await openDesk()
    await login(0)
    server.behaviour.tokenErrors = ['invalid_grant']
    const errors = await Promise.all(Array.from({ length: 5 }, () => failureOf(keeper.accessToken('test'))))
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['LOGIN_ENDED']))
    expect(errors[0]?.message).toContain('log in again with: agentproxy auth login test')
    expect(changes.map(({ change }) => change)).toEqual(['refresh_failed'])
    expect((await failureOf(keeper.accessToken('test'))).code).toBe('LOGIN_ENDED')
    expect(server.refreshes()).toBe(1)
  })

  test('for now keeps the login, and the next one may succeed', async () => {
    const { keeper, login, server } = await openDesk()
    await login(0)
    server.behaviour.tokenErrors = ['status:503']
    const error = await failureOf(keeper.accessToken('test'))
    expect([error.code, error.message]).toEqual([
      'REFRESH_FAILED',
      expect.stringContaining('HTTP status code'),
    ])
    expect(await keeper.accessToken('test')).toContain(CANARY)
  })

  test('is no failure while the old token still lives', async () => {
    const { keeper, login, server } = await openDesk()
    const { accessToken } = await login(30)
    server.behaviour.tokenErrors = ['status:503', 'invalid_grant']
    expect(await keeper.accessToken('test')).toBe(accessToken)
    expect(await keeper.accessToken('test')).toBe(accessToken)
    expect(await keeper.accessToken('test')).toBe(accessToken)
    expect(server.refreshes()).toBe(2)
  })

  test('says so when the provider cannot be reached', async () => {
    const { keeper, login, server } = await openDesk()
    await login(0)
    await server.close()
    const error = await failureOf(keeper.accessToken('test'))
    expect([error.code, error.message]).toEqual(['REFRESH_FAILED', expect.stringContaining('ECONNREFUSED')])
  })

  test('to be kept is warned of, and this process goes on with the rotated token', async () => {
    const { keeper, login, server, dir, warnings } = await openDesk()
    await login(0)
    server.behaviour.tokenDelayMs = 200
    const asked = keeper.accessToken('test')
    await expect.poll(() => server.refreshes()).toBe(1)
    await chmod(path.join(dir, 'vault.key'), 0o644)
    const token = await asked
    await chmod(path.join(dir, 'vault.key'), 0o600)
    expect(warnings).toEqual([expect.stringContaining('kept in memory only')])
    expect(warnings.join()).not.toContain(CANARY)
    expect(await keeper.accessToken('test')).toBe(token)
    expect((await keeper.refresh('test')).accessToken).not.toBe(token)
    expect([server.refreshes(), server.reuses]).toEqual([2, 0])
  })
})

describe('the end of a login', () => {
  test('forgets it and revokes the refresh token', async () => {
    const { keeper, login, server, changes } = await openDesk()
    const { refreshToken } = await login(3600)
    expect(await keeper.logout('test')).toEqual({ loggedOut: true, notRevoked: null })
    expect(server.revoked).toEqual([refreshToken])
    expect(await keeper.accessToken('test')).toBeNull()
    expect(changes).toEqual([{ provider: 'test', plugin: 'logins', change: 'logout', expiresAt: null }])
    expect(await keeper.logout('test')).toEqual({ loggedOut: false, notRevoked: null })
  })

  test('forgets it also when the provider will not hear of it', async () => {
    const { keeper, login, server } = await openDesk()
    await login(3600)
    server.behaviour.revocationStatus = 503
    expect(await keeper.logout('test')).toMatchObject({ loggedOut: true, notRevoked: expect.any(String) })
    expect(await keeper.tokens('test')).toBeNull()
  })
})

describe('a login of another provider of the same name', () => {
  test('is not used: its tokens go to nobody but their issuer', async () => {
    const { login, server, another } = await openDesk()
    await login(0)
    const usurper = another(server.provider({ tokenUrl: `${server.url}/elsewhere` }))
    expect(await usurper.accessToken('test')).toBeNull()
    expect((await failureOf(usurper.refresh('test'))).code).toBe('LOGIN_ENDED')
    await usurper.logout('test')
    expect(server.requests.filter(({ path: to }) => to === '/elsewhere' || to === '/revoke')).toEqual([])
  })

  test('an entry that is no login counts as none', async () => {
    const { keeper, vault } = await openDesk()
    await vault.set(loginEntry('test'), '{"accessToken":"x","expiresAt":"NaN"}')
    expect(await keeper.accessToken('test')).toBeNull()
  })

  test('a name nobody offers is refused', async () => {
    const { keeper } = await openDesk()
    expect((await failureOf(keeper.refresh('nobody'))).code).toBe('LOGIN_UNKNOWN')
    expect((await failureOf(keeper.refresh('test'))).message).toContain('nobody is logged in')
  })
})
