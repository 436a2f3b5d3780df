import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadOwnerToken } from './owner-token.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'agentproxy-token-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('the first start makes a token of 256 bits in a private file of a private folder', async () => {
  const stateDir = join(root, 'state', 'agentproxy')
  const { token, file, created } = await loadOwnerToken({ stateDir, env: {} })
  expect(created).toBe(true)
  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  expect((await readFile(file, 'utf8')).trim()).toBe(token)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(stateDir)).mode & 0o777).toBe(0o700)
  expect(await readdir(stateDir)).toEqual(['token'])
})

test('the next start reads the same token', async () => {
  const first = await loadOwnerToken({ stateDir: root, env: {} })
  expect(await loadOwnerToken({ stateDir: root, env: {} })).toEqual({ ...first, created: false })
})

test('several first starts at once agree on one token', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => loadOwnerToken({ stateDir: root, env: {} })))
  expect(new Set(all.map(({ token }) => token)).size).toBe(1)
  expect(all.filter(({ created }) => created)).toHaveLength(1)
  expect(await readdir(root)).toEqual(['token'])
})

test('a token of the environment wins and writes nothing', async () => {
  const env = { AGENTPROXY_TOKEN: 'from-the-environment-1234' }
  expect(await loadOwnerToken({ stateDir: root, env })).toMatchObject({
    token: env.AGENTPROXY_TOKEN,
    created: false,
  })
  expect(await readdir(root)).toEqual([])
})

test('a short or unsendable token of the environment is refused without repeating it', async () => {
  for (const value of ['short', 'a token with spaces in it', 'ünsendable-token-0123']) {
    const failed = loadOwnerToken({ stateDir: root, env: { AGENTPROXY_TOKEN: value } })
    await expect(failed).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
    await expect(failed).rejects.not.toThrow(value)
  }
})

test('a token file that others can read is refused', async () => {
  const { file } = await loadOwnerToken({ stateDir: root, env: {} })
  await chmod(file, 0o644)
  await expect(loadOwnerToken({ stateDir: root, env: {} })).rejects.toMatchObject({
    code: 'TOKEN_FILE_UNSAFE',
  })
})

test('an empty token file is refused, not taken for a token', async () => {
  await writeFile(join(root, 'token'), '\n', { mode: 0o600 })
  await expect(loadOwnerToken({ stateDir: root, env: {} })).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
})
