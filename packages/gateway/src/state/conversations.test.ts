import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import OpenAI, { BadRequestError, NotFoundError } from 'openai'
import { openStore } from '@agentproxy/store'
import type { Store } from '@agentproxy/store'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cut, json, sse } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'
import { createResponseTap } from './response-tap.ts'

let gw: TestGateway
let store: Store
let gpt: OpenAI
const folder = mkdtempSync(join(tmpdir(), 'agentproxy-gateway-'))
beforeAll(async () => {
  store = await openStore({ path: join(folder, 'a.db') })
  gw = await startGateway({ responses: store.responses })
  await gw.manager.loadPlugin({
    name: 'native-plugin',
    version: '1.0.0',
    setup(ctx) {
      const endpoints = { 'openai-responses': { url: `${gw.upstream.url}/v1/responses` } }
      ctx.provider(provider('native', 'openai-chat', gw.upstream.url, { endpoints }))
    },
  })
  gpt = client(OWNER_TOKEN)
})
afterAll(async () => {
  await gw.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  gw.upstream.seen.length = 0
})

function client(apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${gw.url}/v1`, apiKey, maxRetries: 0 })
}

function sent(): Record<string, unknown> {
  return JSON.parse(gw.upstream.seen.at(-1)?.body.toString() ?? '{}')
}

test.each(['oai/x', 'ant/ant-model'])(
  '%s is told the whole conversation in the second turn',
  async (model) => {
    gw.upstream.script = json(model === 'oai/x' ? vendor.openaiJson : vendor.anthropicJson)
    const first = await gpt.responses.create({ model, instructions: 'Be brief', input: 'My name is Ada' })
    const second = await gpt.responses.create({
      model,
      input: [{ role: 'user', content: 'Who am I?' }],
      previous_response_id: first.id,
    })
    expect(second.output_text).toBe('Hello there')
    const messages = sent()['messages'] as { role: string; content: unknown }[]
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(messages.map(({ content }) => JSON.stringify(content))).toEqual([
      expect.stringContaining('My name is Ada'),
      expect.stringContaining('Hello there'),
      expect.stringContaining('Who am I?'),
    ])
    expect(gw.upstream.seen.at(-1)?.body.includes('Be brief')).toBe(false)
  },
)

/** A turn, streamed; gives the answer's id. */
async function streamed(input: string, previous_response_id: string | null): Promise<string> {
  const ask = { model: 'oai/x', input, stream: true, previous_response_id } as const
  let id = ''
  for await (const event of await gpt.responses.create(ask))
    if (event.type === 'response.completed') id = event.response.id
  return id
}

test('a stream goes on from a stream, even where the server gives every answer the same id', async () => {
  gw.upstream.script = sse(vendor.openaiSse)
  let previous: string | null = null
  for (const [turn, input] of ['one', 'two', 'three'].entries()) {
    previous = await streamed(input, previous)
    expect(sent()['messages']).toHaveLength(turn * 2 + 1)
  }
  expect(JSON.stringify(sent()['messages'])).toMatch(/one.*Hello there.*two.*Hello there.*three/)
})

test('tool calls and their results go on', async () => {
  gw.upstream.script = json(vendor.openaiToolJson)
  const first = await gpt.responses.create({ model: 'oai/x', input: 'Weather?' })
  const [call] = first.output
  gw.upstream.script = json(vendor.openaiJson)
  const call_id = call?.type === 'function_call' ? call.call_id : ''
  await gpt.responses.create({
    model: 'oai/x',
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id, output: 'sunny' }],
  })
  expect(sent()['messages']).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ id: call_id, function: { name: 'weather' } }] },
    { role: 'tool', tool_call_id: call_id, content: 'sunny' },
  ])
})

test('a response can be read with what was said before it, and forgotten', async () => {
  gw.upstream.script = json({ ...vendor.openaiJson, id: 'chatcmpl-first' })
  const first = await gpt.responses.create({ model: 'oai/x', input: 'one' })
  gw.upstream.script = json({ ...vendor.openaiJson, id: 'chatcmpl-second' })
  const { id } = await gpt.responses.create({
    model: 'oai/x',
    input: 'two',
    previous_response_id: first.id,
  })
  const read = await gpt.responses.retrieve(id)
  expect(read).toMatchObject({ id, object: 'response', previous_response_id: first.id, status: 'completed' })
  expect(JSON.stringify(read.output)).toContain('Hello there')
  const items: unknown[] = []
  for await (const item of gpt.responses.inputItems.list(id, { order: 'asc', limit: 1 })) items.push(item)
  expect(items.map((item) => JSON.stringify(item))).toEqual([
    expect.stringContaining('one'),
    expect.stringContaining('Hello there'),
    expect.stringContaining('two'),
  ])
  const newest = await gpt.responses.inputItems.list(id)
  expect(JSON.stringify(newest.data[0])).toContain('two')
  await gpt.responses.delete(first.id)
  await expect(gpt.responses.retrieve(first.id)).rejects.toThrow(NotFoundError)
  await expect(gpt.responses.delete(first.id)).rejects.toThrow(NotFoundError)
  // What went on from it has lost its beginning.
  const goOn = gpt.responses.create({ model: 'oai/x', input: 'three', previous_response_id: id })
  await expect(goOn).rejects.toMatchObject({ code: 'previous_response_not_found' })
})

test('with store false nothing is kept, and a conversation can still be gone on from', async () => {
  gw.upstream.script = json({ ...vendor.openaiJson, id: 'chatcmpl-kept' })
  const kept = await gpt.responses.create({ model: 'oai/x', input: 'one' })
  gw.upstream.script = json({ ...vendor.openaiJson, id: 'chatcmpl-loose' })
  const loose = await gpt.responses.create({
    model: 'oai/x',
    input: 'two',
    store: false,
    previous_response_id: kept.id,
  })
  expect(sent()['messages']).toHaveLength(3)
  await expect(gpt.responses.retrieve(loose.id)).rejects.toThrow(NotFoundError)
  expect(await store.responses.find(loose.id)).toEqual([])
})

test('an unknown id is OpenAI’s own refusal, and nothing is called', async () => {
  const asked = gpt.responses.create({ model: 'oai/x', input: 'x', previous_response_id: 'resp_none' })
  await expect(asked).rejects.toThrow(BadRequestError)
  await expect(asked).rejects.toMatchObject({
    code: 'previous_response_not_found',
    param: 'previous_response_id',
    type: 'invalid_request_error',
  })
  expect(gw.upstream.seen).toEqual([])
  expect(gw.ends.at(-1)).toMatchObject({ outcome: 'rejected', reason: 'previous_response_not_found' })
})

test('a response is known only to whom it was given', async () => {
  gw.upstream.script = json({ ...vendor.openaiJson, id: 'chatcmpl-own' })
  const { id } = await gpt.responses.create({ model: 'oai/x', input: 'secret' })
  const one = client(gw.gateway.issueTaskToken({ taskId: 't1', purpose: 'agent' }))
  const two = client(gw.gateway.issueTaskToken({ taskId: 't2', purpose: 'agent' }))
  const mine = await one.responses.create({ model: 'oai/x', input: 'mine' })
  expect(mine.id).toBe(id)
  expect(JSON.stringify((await one.responses.inputItems.list(id)).data)).not.toContain('secret')
  await expect(two.responses.retrieve(id)).rejects.toThrow(NotFoundError)
  await expect(two.responses.delete(id)).rejects.toThrow(NotFoundError)
  gw.upstream.seen.length = 0
  for (const model of ['oai/x', 'native/native-model']) {
    const goOn = two.responses.create({ model, input: 'x', previous_response_id: id })
    await expect(goOn).rejects.toMatchObject({ code: 'previous_response_not_found' })
  }
  expect(gw.upstream.seen).toEqual([])
})

test('an upstream of the same format is told the conversation too, and an id of its own as it is', async () => {
  const output = [
    { type: 'message', role: 'assistant', id: 'm', content: [{ type: 'output_text', text: 'A' }] },
  ]
  gw.upstream.script = json({ id: 'resp_native', object: 'response', status: 'completed', output })
  const model = 'native/native-model'
  const first = await gpt.responses.create({ model, input: 'one' })
  await gpt.responses.create({ model, input: 'two', previous_response_id: first.id })
  expect(sent()).toMatchObject({
    model: 'native-model',
    input: [{ role: 'user' }, output[0], { role: 'user' }],
  })
  expect(sent()).not.toHaveProperty('previous_response_id')
  await gpt.responses.create({ model, input: 'x', previous_response_id: 'resp_elsewhere' })
  expect(sent()).toMatchObject({ previous_response_id: 'resp_elsewhere', input: 'x' })
})

test('an answer that broke off is not kept', async () => {
  gw.upstream.script = cut(vendor.openaiHead)
  const stream = await gpt.responses.create({ model: 'oai/x', input: 'x', stream: true })
  let id = ''
  try {
    for await (const event of stream) if (event.type === 'response.created') id = event.response.id
  } catch {
    // The connection is cut at the end.
  }
  expect(id).not.toBe('')
  const kept = await store.responses.find(id)
  expect(kept.filter(({ body }) => body['status'] !== 'completed')).toEqual([])
})

test('the answer is read from a stream however its bytes are cut, and from its items where its end is bare', () => {
  const item = { type: 'message', content: [{ type: 'output_text', text: 'say "response.completed" \n\n' }] }
  const text = [
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { id: 'r', output: [] } },
  ]
    .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    .join('')
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const tap = createResponseTap()
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const found = places
        .slice(1)
        .map((end, index) => tap.push(Buffer.from(text.slice(places[index], end))))
        .filter((each) => each !== null)
      expect(found).toEqual([{ id: 'r', output: [item] }])
    }),
  )
})
