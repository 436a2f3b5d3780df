import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench } from './bench.ts'

// The vendors are played by a second gateway whose only model is the simulator: the first one's provider plugins call it
// over real sockets, in the vendor's own format and with the vendor's own kind of key.

let vendor: Bench
let bench: Bench
let url = ''
let token = ''

beforeAll(async () => {
  vendor = await createBench()
  bench = await createBench()
  const upstream = await listen(vendor, {})
  await bench.write(
    'config/agentproxy/config.yaml',
    `plugins:
  provider-anthropic: { baseUrl: "${upstream.url}" }
  provider-gemini: { baseUrl: "${upstream.url}/v1beta" }
  provider-openai:
    servers:
      - { name: openai, baseUrl: "${upstream.url}/v1", apiKeyEnv: OPENAI_API_KEY }
      - { name: openai-responses, baseUrl: "${upstream.url}/v1", apiKeyEnv: OPENAI_API_KEY, formats: [openai-responses] }
`,
  )
  const ours = await listen(bench, {
    ANTHROPIC_API_KEY: upstream.token,
    OPENAI_API_KEY: upstream.token,
    GEMINI_API_KEY: upstream.token,
  })
  url = ours.url
  token = ours.token
})
afterAll(() => Promise.all([bench?.dispose(), vendor?.dispose()]))

async function listen(on: Bench, env: Record<string, string>): Promise<{ url: string; token: string }> {
  const running = on.start(['serve', '--port', '0', '--json'], { bin: 'agentproxy', env })
  const line = await running.line((text) => text.includes('"listening"'))
  const started = JSON.parse(line) as { url: string }
  return { url: started.url, token: (await on.command(['token'], { bin: 'agentproxy' })).stdout.trim() }
}

const messages = [{ role: 'user' as const, content: 'make the failing test pass' }]
const parameters = { type: 'object' as const, properties: { path: { type: 'string' } } }
const anthropicTools = [{ name: 'read_file', description: 'Read a file', input_schema: parameters }]
const openaiTools = [
  { type: 'function' as const, function: { name: 'read_file', description: 'Read a file', parameters } },
]

const providers = ['anthropic', 'openai', 'openai-responses', 'gemini']
const responsesTools = [
  { type: 'function' as const, name: 'read_file', description: 'Read a file', parameters, strict: false },
]

describe.each(providers)('the provider %s', (provider) => {
  const model = `${provider}/simulator/fix`

  test('serves the Anthropic SDK, whole and streamed, with tools', async () => {
    const client = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 })
    const request = { model, max_tokens: 500, tools: anthropicTools, messages }
    const whole = await client.messages.create(request)
    expect(whole.stop_reason).toBe('tool_use')
    expect(whole.usage.output_tokens).toBeGreaterThan(0)
    expect(whole.content).toMatchObject([
      { type: 'text' },
      { type: 'tool_use', name: 'read_file', input: { path: 'test/sum.test.js' } },
    ])
    const call = whole.content.find((block) => block.type === 'tool_use')
    const next = await client.messages
      .stream({
        ...request,
        messages: [
          ...messages,
          { role: 'assistant', content: whole.content },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'a failing test' }],
          },
        ],
      })
      .finalMessage()
    expect(next.content).toMatchObject([
      { type: 'text' },
      { type: 'tool_use', input: { path: 'src/sum.js' } },
    ])
    expect(next.usage.output_tokens).toBeGreaterThan(0)
  })

  test('serves the OpenAI SDK, whole and streamed, with tools', async () => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const request = { model, tools: openaiTools, messages }
    const whole = await client.chat.completions.create(request)
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls')
    expect(whole.usage?.completion_tokens).toBeGreaterThan(0)
    const message = whole.choices[0]?.message
    const call = message?.tool_calls?.[0]
    expect(call).toMatchObject({ function: { name: 'read_file', arguments: '{"path":"test/sum.test.js"}' } })
    const next = await client.chat.completions
      .stream({
        ...request,
        stream_options: { include_usage: true },
        messages: [
          ...messages,
          { role: 'assistant', content: message?.content ?? null, tool_calls: message?.tool_calls ?? [] },
          { role: 'tool', tool_call_id: call?.id ?? '', content: 'a failing test' },
        ],
      })
      .finalChatCompletion()
    expect(next.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { arguments: '{"path":"src/sum.js"}' },
    })
    expect(next.usage?.completion_tokens).toBeGreaterThan(0)
  })
})

test.each(providers)(
  'the provider %s serves the OpenAI SDK in the Responses format, whole and streamed, with tools',
  async (provider) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const request = { model: `${provider}/simulator/fix`, tools: responsesTools, store: false }
    const input = [{ role: 'user' as const, content: 'make the failing test pass' }]
    const whole = await client.responses.create({ ...request, input })
    expect(whole.status).toBe('completed')
    expect(whole.usage?.output_tokens).toBeGreaterThan(0)
    const call = whole.output.find((item) => item.type === 'function_call')
    expect(call).toMatchObject({ name: 'read_file', arguments: '{"path":"test/sum.test.js"}' })
    const output = {
      type: 'function_call_output' as const,
      call_id: call?.call_id ?? '',
      output: 'a failing test',
    }
    const types: string[] = []
    const stream = client.responses
      .stream({
        ...request,
        input: [...input, ...(whole.output as OpenAI.Responses.ResponseInputItem[]), output],
      })
      .on('event', ({ type }) => types.push(type))
    const next = await stream.finalResponse()
    expect(next.output.find((item) => item.type === 'function_call')).toMatchObject({
      name: 'read_file',
      arguments: '{"path":"src/sum.js"}',
    })
    expect(types[0]).toBe('response.created')
    expect(types.filter((type) => type === 'response.output_item.done')).toHaveLength(next.output.length)
    expect(types.at(-1)).toBe('response.completed')
  },
)

interface GeminiAnswer {
  readonly candidates: readonly {
    readonly content: {
      readonly role: string
      readonly parts: readonly { readonly functionCall?: { readonly name: string; readonly args: unknown } }[]
    }
    readonly finishReason?: string
  }[]
  readonly usageMetadata?: { readonly candidatesTokenCount: number }
}

describe.each(providers)('the provider %s, asked in the Gemini format', (provider) => {
  const call = (method: string, contents: readonly unknown[]) =>
    fetch(`${url}/v1beta/models/${provider}/simulator/fix:${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': token },
      body: JSON.stringify({
        contents,
        tools: [
          {
            functionDeclarations: [
              { name: 'read_file', description: 'Read a file', parametersJsonSchema: parameters },
            ],
          },
        ],
      }),
    })
  const asked = { role: 'user', parts: [{ text: 'make the failing test pass' }] }

  test('answers whole and streamed, with tools', async () => {
    const whole = (await (await call('generateContent', [asked])).json()) as GeminiAnswer
    const first = whole.candidates[0]?.content
    const part = first?.parts.find(({ functionCall }) => functionCall !== undefined)
    expect(part?.functionCall).toMatchObject({ name: 'read_file', args: { path: 'test/sum.test.js' } })
    expect(whole.candidates[0]?.finishReason).toBe('STOP')
    expect(whole.usageMetadata?.candidatesTokenCount).toBeGreaterThan(0)
    const response = { name: 'read_file', response: { output: 'a failing test' } }
    const answered = { role: 'user', parts: [{ functionResponse: response }] }
    const stream = await call('streamGenerateContent?alt=sse', [asked, first, answered])
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    const chunks = (await stream.text())
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => JSON.parse(line.slice(5)) as GeminiAnswer)
    const calls = chunks.flatMap(({ candidates }) =>
      (candidates[0]?.content.parts ?? []).flatMap(({ functionCall }) => functionCall ?? []),
    )
    expect(calls).toMatchObject([{ name: 'read_file', args: { path: 'src/sum.js' } }])
    expect(chunks.at(-1)?.candidates[0]?.finishReason).toBe('STOP')
  })

  test('refuses what it does not serve in the words of the format', async () => {
    const unknown = await call('embedContent', [asked])
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      { error: { code: 404, status: 'NOT_FOUND' } },
    ])
    const array = await call('streamGenerateContent', [asked])
    expect([array.status, await array.json()]).toMatchObject([400, { error: { status: 'INVALID_ARGUMENT' } }])
  })
})

test('a key the vendor refuses is told in its words, without the key', async () => {
  const other = await listen(bench, { ANTHROPIC_API_KEY: 'sk-wrong-wrong-wrong-wrong', OPENAI_API_KEY: 'x' })
  const client = new Anthropic({ baseURL: other.url, apiKey: other.token, maxRetries: 0 })
  const refused = client.messages.create({ model: 'anthropic/simulator/fix', max_tokens: 5, messages })
  await expect(refused).rejects.toMatchObject({ status: 401 })
  await expect(refused).rejects.not.toThrow(/sk-wrong/)
})
