import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openStore } from '../open-store.ts'
import { buildStore, storeProgram } from '../testing/store-process.ts'
import { openSession, tempDatabase, tempStore } from '../testing/temp-store.ts'

test('a damaged file is refused by name with what to do, and left as it is', async () => {
  const path = tempDatabase()
  const store = await openStore({ path })
  const lease = await openSession(store)
  for (let n = 0; n < 200; n++) await store.events.append(lease, { type: 'n', payload: 'x'.repeat(500) })
  await store.close()
  const file = openSync(path, 'r+')
  const { size } = statSync(path)
  // Every page but the first, which says what the file is.
  for (let at = 4096; at < size; at += 4096) writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, at)
  closeSync(file)
  const damaged = readFileSync(path)
  const look = async (): Promise<unknown> => (await tempStore({ path })).events.list('s1')
  await expect(look()).rejects.toMatchObject({ code: 'CORRUPT' })
  await expect(look()).rejects.toThrow(`Move ${path}`)
  expect(readFileSync(path).equals(damaged)).toBe(true)
})

const isPrivileged = spawnSync('unshare', ['-m', 'true']).status === 0

test('on a disk that is full nothing acknowledged is lost, and what fails says so', ({ skip }) => {
  if (!isPrivileged) skip('mounting a small disk needs unshare(1) and root')
  buildStore()
  const folder = tempDatabase().replace(/\/state\/.*/, '')
  const script = `
    const store = await openStore({ path: args[0] + '/disk.db' })
    await store.sessions.create({ id: 's1', title: 't', workingDir: '/', agent: 'a', model: null, state: 'x' })
    const lease = await store.leases.acquire('s1')
    let kept = 0
    let code = ''
    try {
      for (;;) { await store.events.append(lease, { type: 'n', payload: 'x'.repeat(20_000) }); kept++ }
    } catch (error) { code = error.code + ' ' + /Free space/.test(error.message) }
    const health = (await store.health()).status
    await store.close()
    const again = await openStore({ path: args[0] + '/disk.db' })
    print(JSON.stringify({ kept, code, health, found: (await again.events.list('s1')).length }))
    process.exit()`
  const { file, args } = storeProgram('', script, [folder])
  const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ')
  const mounted = `mount -t tmpfs -o size=3m tmpfs '${folder}' && exec '${file}' ${quoted}`
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', mounted], { encoding: 'utf8' })
  expect(stderr).toBe('')
  const said = JSON.parse(stdout) as { kept: number; found: number; code: string; health: string }
  expect(said).toMatchObject({ code: 'WRITE_FAILED true', health: 'warn' })
  expect(said.kept).toBeGreaterThan(10)
  expect(said.found).toBe(said.kept)
})
