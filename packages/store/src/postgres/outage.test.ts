import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../open-store.ts'
import { openSession, tempStore } from '../testing/temp-store.ts'
import { hasPostgres, NO_POSTGRES, tempPostgres } from '../testing/test-postgres.ts'

/** A way to the server that can be cut. */
async function breakableRoad(url: string) {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = createConnection(Number(target.port), '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cut = async (): Promise<void> => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await sleep(10)
  }
  const mend = async (): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  onTestFinished(cut)
  const road = new URL(url)
  road.port = String(port)
  return { url: road.href, cut, mend }
}

test('a server that comes back soon is waited for, and what was acknowledged is there', async ({ skip }) => {
  if (!hasPostgres()) skip(NO_POSTGRES)
  const direct = await tempPostgres()
  const road = await breakableRoad(direct)
  const store = await openStore({ url: road.url })
  const lease = await openSession(store)
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    const writes = Array.from({ length: 20 }, async (_, index) => {
      const id = `${round}-${index}`
      await store.events.append(lease, { type: 'n', payload: id, id })
      acknowledged.push(id)
    })
    await sleep(5 * round)
    await road.cut()
    const settled = Promise.allSettled(writes)
    await sleep(100)
    await road.mend()
    const failed = (await settled).filter(({ status }) => status === 'rejected')
    // Only the one whose transaction was ending may be in doubt.
    for (const result of failed)
      expect(result).toMatchObject({ reason: { code: expect.stringMatching(/UNAVAILABLE|LEASE_LOST/) } })
    expect(failed.length).toBeLessThanOrEqual(1)
  }
  const kept = (await (await tempStore({ url: direct })).events.list('s1')).map(({ payload }) => payload)
  expect(kept).toEqual(expect.arrayContaining(acknowledged))
  expect(new Set(kept).size).toBe(kept.length)
  await store.close()
})

test('a server that stays away is told of by each call and by health, without the password, until it is back', async ({
  skip,
}) => {
  if (!hasPostgres()) skip(NO_POSTGRES)
  const road = await breakableRoad(await tempPostgres())
  const store = await openStore({ url: road.url })
  await store.values.set('room', 'key', 'kept')
  await store.keys.find('nobody')
  expect(await store.health()).toEqual({ status: 'pass', output: '' })
  await road.cut()
  const error = await store.values.set('room', 'other', 1).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('nothing was written'),
  })
  await expect(store.keys.find('nobody')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  const health = await store.health()
  expect(health).toMatchObject({
    status: 'fail',
    output: expect.stringContaining('Check that the server runs'),
  })
  expect(JSON.stringify([String(error), health])).not.toContain(new URL(road.url).password)
  await road.mend()
  await expect.poll(() => store.health().then(({ status }) => status), { timeout: 10_000 }).not.toBe('fail')
  expect(await store.values.get('room', 'key')).toBe('kept')
  await store.values.set('room', 'other', 2)
  expect(await store.health()).toEqual({ status: 'pass', output: '' })
  await store.close()
})
