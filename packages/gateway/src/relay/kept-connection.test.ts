import { afterEach, beforeEach, expect, test } from 'vitest'
import { sse } from '../testing/scripted-upstream.ts'
import { startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicSse } from '../testing/vendor-answers.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway()
})
afterEach(() => gw.close())

async function ask(path: '/v1/messages' | '/v1/chat/completions'): Promise<string> {
  const body = { model: 'ant/ant-model', max_tokens: 9, stream: true, messages: [] }
  return (await gw.post(path, { ...body, messages: [{ role: 'user', content: 'hi' }] })).text()
}

test.each(['/v1/messages', '/v1/chat/completions'] as const)(
  'streams for %s one after another come over one upstream connection',
  async (path) => {
    gw.upstream.script = sse(anthropicSse)
    for (let count = 0; count < 3; count += 1) expect(await ask(path)).toContain('Hello')
    expect(new Set(gw.upstream.seen.map(({ connection }) => connection)).size).toBe(1)
  },
)

test('an upstream that has said all but does not end its body is let go, and nobody waited for it', async () => {
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(anthropicSse)
  }
  expect(await ask('/v1/chat/completions')).toContain('[DONE]')
  await gw.upstream.seen[0]?.closed
})
