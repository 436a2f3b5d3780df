import Anthropic, { RateLimitError as ClaudeRateLimitError } from '@anthropic-ai/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import OpenAI, { RateLimitError as GptRateLimitError } from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { json, sse } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'

let gw: TestGateway
let claude: Anthropic
let gpt: OpenAI
let google: GoogleGenAI
beforeEach(async () => {
  gw = await startGateway()
  claude = new Anthropic({ baseURL: gw.url, apiKey: OWNER_TOKEN, maxRetries: 0 })
  gpt = new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  google = new GoogleGenAI({ apiKey: OWNER_TOKEN, httpOptions: { baseUrl: gw.url } })
})
afterEach(() => gw.close())

const UPSTREAMS = [
  {
    model: 'ant/ant-model',
    json: vendor.anthropicJson,
    toolJson: vendor.anthropicToolJson,
    sse: vendor.anthropicSse,
    toolSse: vendor.anthropicToolSse,
  },
  {
    model: 'oai/x',
    json: vendor.openaiJson,
    toolJson: vendor.openaiToolJson,
    sse: vendor.openaiSse,
    toolSse: vendor.openaiToolSse,
  },
] as const

const schema = { type: 'object' as const, properties: { city: { type: 'string' } } }
const claudeTools = [{ name: 'weather', description: 'Weather', input_schema: schema }]
const gptTools = [
  { type: 'function' as const, function: { name: 'weather', description: 'Weather', parameters: schema } },
]
const messages = [{ role: 'user' as const, content: 'hi' }]

describe.each(UPSTREAMS)('the anthropic client with $model', (up) => {
  const params = { model: up.model, max_tokens: 100, messages, tools: claudeTools }

  test('gets text, whole and streamed', async () => {
    gw.upstream.script = json(up.json)
    const whole = await claude.messages.create(params)
    gw.upstream.script = sse(up.sse)
    const streamed = await claude.messages.stream(params).finalMessage()
    for (const answer of [whole, streamed]) {
      expect(answer.content).toMatchObject([{ type: 'text', text: 'Hello there' }])
      expect(answer.stop_reason).toBe('end_turn')
      expect(answer.usage).toMatchObject({ input_tokens: 12, output_tokens: 5 })
    }
    await expectRecorded()
  })

  test('gets tool calls, whole and streamed', async () => {
    gw.upstream.script = json(up.toolJson)
    const whole = await claude.messages.create(params)
    gw.upstream.script = sse(up.toolSse)
    const streamed = await claude.messages.stream(params).finalMessage()
    for (const answer of [whole, streamed]) {
      expect(answer.content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'Paris' } }])
      expect(answer.stop_reason).toBe('tool_use')
    }
  })

  test('gets an upstream error as its own kind of error, with the upstream’s words', async () => {
    gw.upstream.script = json(errorBody(up.model), 429, { 'retry-after': '3' })
    const failed = claude.messages.create(params)
    await expect(failed).rejects.toBeInstanceOf(ClaudeRateLimitError)
    await expect(failed).rejects.toMatchObject({
      status: 429,
      message: expect.stringContaining('slow down, please'),
    })
    await expect(failed).rejects.toSatisfy(
      (error: InstanceType<typeof Anthropic.APIError>) => error.headers?.get('retry-after') === '3',
    )
  })
})

describe.each(UPSTREAMS)('the openai client with $model', (up) => {
  const params = { model: up.model, messages, tools: gptTools }

  test('gets text, whole and streamed', async () => {
    gw.upstream.script = json(up.json)
    const whole = await gpt.chat.completions.create(params)
    expect(whole.choices).toMatchObject([{ message: { content: 'Hello there' }, finish_reason: 'stop' }])
    expect(whole.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 5 })
    gw.upstream.script = sse(up.sse)
    const streamed = await gpt.chat.completions
      .stream({ ...params, stream_options: { include_usage: true } })
      .finalChatCompletion()
    expect(streamed.choices).toMatchObject([{ message: { content: 'Hello there' }, finish_reason: 'stop' }])
    expect(streamed.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 5 })
    await expectRecorded()
  })

  test('gets tool calls, whole and streamed', async () => {
    gw.upstream.script = json(up.toolJson)
    const whole = await gpt.chat.completions.create(params)
    gw.upstream.script = sse(up.toolSse)
    const streamed = await gpt.chat.completions.stream(params).finalChatCompletion()
    for (const answer of [whole, streamed]) {
      const [choice] = answer.choices
      expect(choice?.finish_reason).toBe('tool_calls')
      const [call] = choice?.message.tool_calls ?? []
      expect(call).toMatchObject({ type: 'function', function: { name: 'weather' } })
      expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ city: 'Paris' })
    }
  })

  test('gets an upstream error as its own kind of error, with the upstream’s words', async () => {
    gw.upstream.script = json(errorBody(up.model), 429, { 'retry-after': '3' })
    const failed = gpt.chat.completions.create(params)
    await expect(failed).rejects.toBeInstanceOf(GptRateLimitError)
    await expect(failed).rejects.toMatchObject({
      status: 429,
      message: expect.stringContaining('slow down, please'),
    })
  })
})

describe.each(UPSTREAMS)('the openai client’s responses with $model', (up) => {
  const params = {
    model: up.model,
    input: 'hi',
    tools: [{ type: 'function' as const, name: 'weather', parameters: schema, strict: false }],
  }

  test('are text, whole and streamed', async () => {
    gw.upstream.script = json(up.json)
    const whole = await gpt.responses.create(params)
    gw.upstream.script = sse(up.sse)
    const streamed = await gpt.responses.stream(params).finalResponse()
    for (const answer of [whole, streamed]) {
      expect(answer.output_text).toBe('Hello there')
      expect(answer.usage).toMatchObject({ input_tokens: 12, output_tokens: 5 })
    }
    await expectRecorded()
  })

  test('are tool calls, whole and streamed', async () => {
    gw.upstream.script = json(up.toolJson)
    const whole = await gpt.responses.create(params)
    gw.upstream.script = sse(up.toolSse)
    const streamed = await gpt.responses.stream(params).finalResponse()
    for (const { output } of [whole, streamed])
      expect(output).toMatchObject([
        { type: 'function_call', name: 'weather', arguments: '{"city":"Paris"}' },
      ])
  })

  test('are an upstream error as its own kind of error, with the upstream’s words', async () => {
    gw.upstream.script = json(errorBody(up.model), 429, { 'retry-after': '3' })
    const failed = gpt.responses.create(params)
    await expect(failed).rejects.toBeInstanceOf(GptRateLimitError)
    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('slow down, please') })
  })
})

describe.each(UPSTREAMS)('the google client with $model', (up) => {
  const params = {
    model: up.model,
    contents: 'hi',
    config: { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: schema }] }] },
  }

  test('gets text, whole and streamed', async () => {
    gw.upstream.script = json(up.json)
    const whole = await google.models.generateContent(params)
    expect(whole).toMatchObject({ text: 'Hello there', candidates: [{ finishReason: 'STOP' }] })
    expect(whole.usageMetadata).toMatchObject({ promptTokenCount: 12, candidatesTokenCount: 5 })
    gw.upstream.script = sse(up.sse)
    const pieces = []
    for await (const piece of await google.models.generateContentStream(params)) pieces.push(piece)
    expect(pieces.map(({ text }) => text ?? '').join('')).toBe('Hello there')
    expect(pieces.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 5 },
    })
    await expectRecorded()
  })

  test('gets tool calls, whole and streamed', async () => {
    const wanted = [{ name: 'weather', args: { city: 'Paris' } }]
    gw.upstream.script = json(up.toolJson)
    expect((await google.models.generateContent(params)).functionCalls).toMatchObject(wanted)
    gw.upstream.script = sse(up.toolSse)
    const calls = []
    for await (const piece of await google.models.generateContentStream(params))
      calls.push(...(piece.functionCalls ?? []))
    expect(calls).toMatchObject(wanted)
  })

  test('gets an upstream error as its own kind of error, with the upstream’s words', async () => {
    gw.upstream.script = json(errorBody(up.model), 429, { 'retry-after': '3' })
    const failed = google.models.generateContent(params)
    await expect(failed).rejects.toBeInstanceOf(ApiError)
    await expect(failed).rejects.toMatchObject({
      status: 429,
      message: expect.stringContaining('slow down, please'),
    })
  })
})

test('each client sees the models in its own shape', async () => {
  const claudes = await claude.models.list()
  expect(claudes.data.map(({ id }) => id)).toEqual([
    'ant/ant-model',
    'ant/shared-model',
    'oai/oai-model',
    'oai/shared-model',
  ])
  expect(await claude.models.retrieve('ant/ant-model')).toMatchObject({
    type: 'model',
    display_name: 'ant-model',
  })
  const gpts = await gpt.models.list()
  expect(gpts.data).toMatchObject([{ id: 'ant/ant-model', object: 'model', owned_by: 'ant' }, {}, {}, {}])
  await expect(gpt.models.retrieve('ant/ant-modle')).rejects.toThrow('ant/ant-model')
})

test('a translated answer that lost something says so', async () => {
  gw.upstream.script = json(vendor.openaiJson)
  const asked = { model: 'oai/x', max_tokens: 5, top_k: 3, messages }
  const answer = await gw.post('/v1/messages', asked)
  const header = answer.headers.get('x-agentproxy-loss')
  expect(header).not.toBeNull()
  expect(gw.ends[0]?.loss).toEqual(header?.split(','))
  expect(
    (await gw.post('/v1/chat/completions', { model: 'oai/x', messages })).headers.get('x-agentproxy-loss'),
  ).toBeNull()
})

test('in strict mode a request that would lose something is refused before the upstream is called', async () => {
  const strict = await startGateway({ loss: 'strict' })
  try {
    strict.upstream.script = json(vendor.openaiJson)
    const asked = { model: 'oai/x', max_tokens: 5, messages }
    const refused = await strict.post('/v1/messages', { ...asked, top_k: 3 })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringMatching(/\/top_k dropped \(top-k-/) },
    })
    expect(strict.upstream.seen).toEqual([])
    expect(strict.ends).toMatchObject([{ outcome: 'rejected', reason: 'lossy' }])
    expect((await strict.post('/v1/messages', asked)).status).toBe(200)
    expect((await strict.post('/v1/chat/completions', { model: 'oai/x', top_k: 3, messages })).status).toBe(
      200,
    )
  } finally {
    await strict.close()
  }
})

async function expectRecorded(): Promise<void> {
  await gw.ended(2)
  expect(gw.ends).toMatchObject([
    { outcome: 'completed', status: 200, stream: false, usage: { inputTokens: 12, outputTokens: 5 } },
    { outcome: 'completed', status: 200, stream: true, usage: { inputTokens: 12, outputTokens: 5 } },
  ])
  expect(gw.ends[1]?.firstByteMs).toBeGreaterThan(0)
}

function errorBody(model: string): unknown {
  const message = 'slow down, please'
  if (model.startsWith('ant')) return { type: 'error', error: { type: 'rate_limit_error', message } }
  return { error: { message, type: 'requests', code: 'rate_limit_exceeded', param: null } }
}
