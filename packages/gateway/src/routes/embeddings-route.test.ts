import OpenAI, { BadRequestError, RateLimitError } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { CANARY, OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'

let gw: TestGateway
let gpt: OpenAI
beforeAll(async () => {
  gw = await startGateway({
    // Whoever reads events of conversations does not meet what is none.
    setup: (ctx) => void ctx.hook('stream.event', () => {}),
  })
  const embeddingsUrl = `${gw.upstream.url}/v1/embeddings`
  await gw.manager.loadPlugin({
    name: 'embedder',
    version: '1.0.0',
    setup: (ctx) => void ctx.provider(provider('emb', 'openai-chat', gw.upstream.url, { embeddingsUrl })),
  })
  gpt = new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
})
afterAll(() => gw.close())

const answer = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25, 1] }],
  model: 'up',
  usage: { prompt_tokens: 8, total_tokens: 8 },
}

test('embeddings pass untouched, and their tokens are counted', async () => {
  gw.upstream.script = json(answer)
  const input = ['one', 'two']
  const made = await gpt.embeddings.create({ model: 'emb/emb-model', input, encoding_format: 'float' })
  expect(made).toEqual(answer)
  const [seen] = gw.upstream.seen
  expect(seen).toMatchObject({ url: '/v1/embeddings', headers: { authorization: `Bearer ${CANARY}` } })
  expect(JSON.parse(seen?.body.toString() ?? '')).toEqual({
    model: 'emb-model',
    input,
    encoding_format: 'float',
  })
  expect(gw.records.at(-1)).toMatchObject({
    outcome: 'completed',
    provider: 'emb',
    inputTokens: 8,
    outputTokens: null,
  })
  const pinned = new OpenAI({ baseURL: `${gw.url}/emb/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const again = await pinned.embeddings.create({ model: 'emb-model', input, encoding_format: 'float' })
  expect(again.data).toHaveLength(1)
})

test('an upstream’s error is its own', async () => {
  gw.upstream.script = json({ error: { message: 'Slow down', type: 'requests' } }, 429)
  const asked = gpt.embeddings.create({ model: 'emb/emb-model', input: 'x' })
  await expect(asked).rejects.toThrow(RateLimitError)
})

test('a provider that makes none is named, and not called', async () => {
  const before = gw.upstream.seen.length
  const asked = gpt.embeddings.create({ model: 'ant/ant-model', input: 'x' })
  await expect(asked).rejects.toThrow(BadRequestError)
  await expect(asked).rejects.toThrow(/"ant" makes no embeddings/)
  expect(gw.upstream.seen.length).toBe(before)
})
