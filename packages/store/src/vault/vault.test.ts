import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { array, assert, integer, nat, property, string, tuple } from 'fast-check'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { buildStore } from '../testing/store-process.ts'
import { startVaultProcess } from '../testing/vault-process.ts'
import { openVault } from './open-vault.ts'
import { seal, unseal } from './seal.ts'

beforeAll(buildStore)

async function tempDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'agentproxy-vault-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'state', 'vault')
}

const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8)
const CANARY = 'canary-5f1d0c7e'

describe('what is kept', () => {
  test('is found again by name, by this vault and by another on the same folder', async () => {
    const dir = await tempDir()
    const vault = openVault({ dir })
    await vault.set('b', 'one')
    await vault.set('a', 'two\n\u0000ü')
    await vault.set('b', 'three')
    const other = openVault({ dir })
    expect(await other.names()).toEqual(['a', 'b'])
    expect([await other.get('a'), await other.get('b'), await other.get('c')]).toEqual([
      'two\n\u0000ü',
      'three',
      null,
    ])
    expect([await other.delete('b'), await other.delete('b'), await vault.get('b')]).toEqual([
      true,
      false,
      null,
    ])
  })

  test('asking makes no file', async () => {
    const dir = await tempDir()
    const vault = openVault({ dir })
    expect([await vault.get('a'), await vault.names(), await vault.delete('a')]).toEqual([null, [], false])
    expect(existsSync(dir)).toBe(false)
  })

  test('stands nowhere in clear, names included, in files of the owner alone', async () => {
    const dir = await tempDir()
    const vault = openVault({ dir })
    await vault.set(`name-${CANARY}`, `value-${CANARY}`)
    await vault.exclusively(`name-${CANARY}`, async () => {})
    expect(mode(dir)).toBe('700')
    for (const name of readdirSync(dir)) {
      expect(name).not.toContain(CANARY)
      expect(mode(join(dir, name))).toBe('600')
      expect(readFileSync(join(dir, name), 'latin1')).not.toContain(CANARY)
    }
  })

  test('any texts survive sealing, and no changed bit does', () => {
    const key = Buffer.alloc(32, 7)
    const entries = array(tuple(string({ unit: 'binary' }), string({ unit: 'binary' })))
    assert(
      property(entries, nat(), integer({ min: 0, max: 7 }), (pairs, place, bit) => {
        const sealed = seal(new Map(pairs), key)
        expect(unseal(sealed, key)).toEqual(new Map(pairs))
        const at = place % sealed.length
        sealed[at] = (sealed[at] ?? 0) ^ (1 << bit)
        expect(unseal(sealed, key)).toBeNull()
        expect(unseal(sealed.subarray(0, at), key)).toBeNull()
      }),
    )
  })
})

describe('a vault that cannot be read', () => {
  const damages: [string, (dir: string) => void | Promise<void>][] = [
    ['is empty', (dir) => writeFileSync(join(dir, 'vault.sealed'), '')],
    [
      'was changed in one byte',
      (dir) => {
        const bytes = readFileSync(join(dir, 'vault.sealed'))
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
        writeFileSync(join(dir, 'vault.sealed'), bytes)
      },
    ],
    ['lost its key', (dir) => rm(join(dir, 'vault.key'))],
    ['has a key cut short', (dir) => writeFileSync(join(dir, 'vault.key'), 'abc')],
    [
      'has the key of another',
      (dir) => writeFileSync(join(dir, 'vault.key'), Buffer.alloc(32, 1).toString('base64url')),
    ],
  ]
  test.each(damages)(
    'that %s is moved away with a clear message, and a new one begins',
    async (_what, damage) => {
      const dir = await tempDir()
      const vault = openVault({ dir })
      await vault.set('a', CANARY)
      await damage(dir)
      const error: unknown = await vault.get('a').catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'VAULT_CORRUPT' })
      const moved =
        readdirSync(dir).find((name) => name.startsWith('vault.sealed.corrupt-')) ?? 'nothing moved'
      expect((error as Error).message).toContain(join(dir, moved))
      expect(inspect(error)).not.toContain(CANARY)
      expect(await vault.get('a')).toBeNull()
      await vault.set('a', 'again')
      expect(await openVault({ dir }).get('a')).toBe('again')
    },
  )

  test('a key others can read is refused, and nothing is lost', async () => {
    const dir = await tempDir()
    const vault = openVault({ dir })
    await vault.set('a', 'kept')
    await chmod(join(dir, 'vault.key'), 0o644)
    await expect(vault.get('a')).rejects.toMatchObject({ code: 'VAULT_UNSAFE' })
    await expect(vault.set('b', 'x')).rejects.toThrow(`chmod 600 ${join(dir, 'vault.key')}`)
    await chmod(join(dir, 'vault.key'), 0o600)
    expect(await vault.get('a')).toBe('kept')
  })

  test('a folder that cannot be made is told', async () => {
    const dir = await tempDir()
    await openVault({ dir }).set('a', 'x')
    const vault = openVault({ dir: join(dir, 'vault.key', 'inside') })
    await expect(vault.set('a', 'x')).rejects.toMatchObject({ code: 'VAULT_FAILED' })
  })
})

describe('several processes', () => {
  test(
    'a writer killed at any moment leaves the old value or the new one, and no lock',
    { timeout: 60_000 },
    async () => {
      const dir = await tempDir()
      const vault = openVault({ dir })
      await vault.set('n', '0:')
      let acknowledged = 0
      for (let round = 0; round < 8; round += 1) {
        const writer = startVaultProcess(
          dir,
          `for (let n = args[0] + 1; ; n++) { await vault.set('n', n + ':' + 'x'.repeat(200_000)); print(String(n)) }`,
          [acknowledged],
        )
        const enough = acknowledged + 3
        for await (const line of writer.lines) {
          acknowledged = Number(line)
          // Not at once: the kill must be able to fall anywhere in the write that follows.
          if (acknowledged === enough) setTimeout(() => writer.kill(), Math.random() * 8)
        }
        await writer.exited
        const kept = Number.parseInt((await vault.get('n')) ?? '', 10)
        expect([acknowledged, acknowledged + 1]).toContain(kept)
        acknowledged = kept
      }
      expect(readdirSync(dir).filter((name) => name.includes('corrupt'))).toEqual([])
      await vault.set('after', 'x')
      expect(readdirSync(dir).toSorted()).toEqual(['vault.key', 'vault.lock', 'vault.sealed'])
    },
  )

  test('write at once without losing a value', { timeout: 60_000 }, async () => {
    const dir = await tempDir()
    const script = `for (let n = 0; n < 15; n++) await vault.set(args[0] + n, 'v' + n)`
    const writers = ['a', 'b', 'c'].map((name) => startVaultProcess(dir, script, [name]))
    const vault = openVault({ dir })
    await Promise.all(Array.from({ length: 15 }, (_, n) => vault.set(`d${n}`, `v${n}`)))
    for (const writer of writers) await writer.exited
    expect(await vault.names()).toHaveLength(60)
    expect(await vault.get('c14')).toBe('v14')
  })

  test('exclude each other under one name, not under two, and a killed holder at once no more', async () => {
    const dir = await tempDir()
    const vault = openVault({ dir })
    const holder = startVaultProcess(
      dir,
      `await vault.exclusively('x', () => new Promise((resolve) => { print('held'); setTimeout(resolve, 60_000) }))`,
    )
    await holder.lines.next()
    const order: string[] = []
    const waiting = vault.exclusively('x', async () => void order.push('x'))
    await vault.exclusively('y', async () => void order.push('y'))
    await vault.set('free', 'meanwhile')
    expect(order).toEqual(['y'])
    holder.kill()
    await waiting
    expect(order).toEqual(['y', 'x'])
  })

  test('within one process work under one name runs one after another, and a failure lets go', async () => {
    const vault = openVault({ dir: await tempDir() })
    let now = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 2))
      now -= 1
      throw new Error('mine')
    }
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => vault.exclusively('x', work)))
    expect(results.map((result) => result.status === 'rejected' && String(result.reason))).toEqual(
      Array.from({ length: 8 }, () => 'Error: mine'),
    )
    expect(most).toBe(1)
  })
})
