import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { guardedFetch } from './guarded-fetch.ts'
import type { Lookup } from './guarded-fetch.ts'
import { isPublicAddress } from './public-address.ts'

async function serve(): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(303, { location: '/here' }).end()
    else response.end(`${request.method} ${request.url}`)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const elsewhere: Lookup = () => Promise.resolve([{ address: '10.0.0.1', family: 4 }])
const get = (url: string, hosts: readonly string[], lookup?: Lookup) =>
  guardedFetch(
    { kind: 'fetch', url, method: 'POST', headers: {}, body: 'x' },
    { hosts, signal: AbortSignal.timeout(5000), lookup },
  )

it('fetches from a listed host and follows its redirects, a POST becoming a GET', async () => {
  const port = await serve()
  const hosts = [`127.0.0.1:${port}`]
  expect(await get(`http://127.0.0.1:${port}/a`, hosts)).toMatchObject({ status: 200, body: 'POST /a' })
  expect(await get(`http://127.0.0.1:${port}/moved`, hosts)).toMatchObject({ body: 'GET /here' })
})

it('looks a name up once, and connects to the address it checked', async () => {
  const port = await serve()
  let lookups = 0
  const rebinding: Lookup = () => {
    lookups += 1
    return Promise.resolve([{ address: lookups === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }])
  }
  const answer = await get(`http://localhost:${port}/a`, [`localhost:${port}`], rebinding)
  expect([answer.body, lookups]).toEqual(['POST /a', 1])
})

it('takes localhost for this machine alone', async () => {
  await expect(get('http://localhost/', ['localhost'], elsewhere)).rejects.toMatchObject({
    code: 'SANDBOX_DENIED',
  })
})

it.each([
  ['93.184.215.14', true],
  ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', true],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['169.254.169.254', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:93.184.215.14', false],
  ['64:ff9b::a00:1', false],
  ['2002:a00:1::', false],
  ['2001:0:1::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['ff02::1', false],
  ['not an address', false],
])('knows whether %s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})
