import { afterEach, beforeEach, expect, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson } from '../testing/vendor-answers.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway({ routing: { retries: { max: 0 } } })
})
afterEach(() => gw.close())

const call = { model: 'ant/ant-model', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }

test('a task’s rate limit is known until a call of it succeeds, and no other task has it', async () => {
  const { gateway } = gw
  const token = gateway.issueTaskToken({ taskId: 't1', purpose: 'agent' })
  const ask = async (): Promise<number> => {
    const answer = await gw.post('/v1/messages', call, { headers: { authorization: `Bearer ${token}` } })
    await answer.text()
    return answer.status
  }
  const overloaded = { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } }
  gw.upstream.script = json(overloaded, 429, { 'retry-after': '1' })
  const askedAt = Date.now()
  expect(await ask()).toBe(429)
  await expect.poll(() => gateway.limitedUntil('t1')).toBeGreaterThanOrEqual(askedAt)
  expect(gateway.limitedUntil('t2')).toBeNull()
  gw.upstream.script = json(anthropicJson)
  await expect.poll(ask, { timeout: 5_000, interval: 200 }).toBe(200)
  await expect.poll(() => gateway.limitedUntil('t1')).toBeNull()
})
