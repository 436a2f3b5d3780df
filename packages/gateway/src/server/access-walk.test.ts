import { afterAll, beforeAll, expect, test } from 'vitest'
import { rawHttp, statusOf } from '../testing/raw-http.ts'
import { OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'

interface Route {
  readonly method: string
  readonly path: string
  readonly access: string
}

let gw: TestGateway
let routes: readonly Route[] = []
let taskToken = ''
beforeAll(async () => {
  gw = await startGateway({
    setup: (ctx) => void ctx.provider(provider('walked', 'anthropic', 'http://127.0.0.1:9')),
  })
  taskToken = gw.gateway.issueTaskToken({ taskId: 't', purpose: 'agent' })
  const answer = await fetch(`${gw.url}/openapi.json`, { headers: { 'x-api-key': OWNER_TOKEN } })
  const { paths } = (await answer.json()) as {
    paths: Record<string, Record<string, { 'x-agentproxy-access': string }>>
  }
  routes = Object.entries(paths).flatMap(([template, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: template.replace('{provider}', 'walked').replaceAll(/\{\w+\}/g, 'any'),
      access: operation['x-agentproxy-access'],
    })),
  )
})
afterAll(() => gw.close())

/** The status of each route for requests with these headers. */
async function walk(headers: readonly string[], host = `127.0.0.1:${gw.port}`): Promise<string[]> {
  const all = routes.map(async ({ method, path, access }) => {
    const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close']
    const answer = await rawHttp(gw.port, `${lines.join('\r\n')}\r\n\r\n`, 5_000)
    return `${method} ${path} ${access}: ${statusOf(answer)}`
  })
  return Promise.all(all)
}

function expected(status: (access: string) => number | null, got: readonly string[]): void {
  const wanted = routes.map(({ method, path, access }, index) => {
    const code = status(access)
    return code === null ? got[index] : `${method} ${path} ${access}: ${code}`
  })
  expect(routes.length).toBeGreaterThan(40)
  expect(got).toEqual(wanted)
}

test('without a token, or with a wrong one, only public routes are served', async () => {
  for (const headers of [[], ['Authorization: Bearer wrong'], [`x-api-key: ${OWNER_TOKEN}x`]])
    expected((access) => (access === 'public' ? 200 : 401), await walk(headers))
})

test('a task’s token opens nothing of the owner’s', async () => {
  const got = await walk([`Authorization: Bearer ${taskToken}`])
  expected((access) => (access === 'owner' ? 403 : null), got)
  expect(got.filter((line) => line.includes(' token: 401'))).toEqual([])
})

test('another Host, Origin or site is refused on every route, whatever the token', async () => {
  const token = `x-api-key: ${OWNER_TOKEN}`
  expected(() => 403, await walk([token], 'evil.example'))
  expected(() => 403, await walk([token, 'Origin: http://evil.example']))
  expected(() => 403, await walk([token, 'Sec-Fetch-Site: cross-site']))
})
