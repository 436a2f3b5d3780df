import { afterEach, beforeEach, expect, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway()
})
afterEach(() => gw.close())

const body = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
const answer = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'ant-model',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 1 },
}

test.each(['/v1beta/models/ant/ant-model:generateContent', '/v1beta/ant/ant-model:generateContent'])(
  '%s asks the model of that name',
  async (path) => {
    gw.upstream.script = json(answer)
    const response = await gw.post(path, body)
    expect(await response.json()).toMatchObject({ candidates: [{ content: { parts: [{ text: 'Hello' }] } }] })
    expect(await gw.ended(1)).toMatchObject([{ outcome: 'completed', model: 'ant/ant-model' }])
  },
)

test('a path that names no method is not found, in the words of the format', async () => {
  const response = await gw.post('/v1beta/ant', body)
  expect([response.status, await response.json()]).toMatchObject([404, { error: { status: 'NOT_FOUND' } }])
})
