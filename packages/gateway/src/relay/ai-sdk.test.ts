import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, generateText, jsonSchema, streamText, tool } from 'ai'
import type { LanguageModel, ToolSet } from 'ai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { json, sse } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'

// The AI SDK speaks each of the four formats; the upstream always speaks Messages.

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway()
})
afterEach(() => gw.close())

const apiKey = OWNER_TOKEN
const name = 'ant/ant-model'
const formats: readonly (readonly [string, (url: string) => LanguageModel])[] = [
  ['anthropic', (url) => createAnthropic({ baseURL: `${url}/v1`, apiKey })(name)],
  ['openai-chat', (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).chat(name)],
  ['openai-responses', (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).responses(name)],
  ['gemini', (url) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey })(name)],
]

const tools: ToolSet = {
  weather: tool({
    description: 'Weather',
    inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } } }),
  }),
}

describe.each(formats)('the AI SDK as %s', (format, modelAt) => {
  const options = () => ({ model: modelAt(gw.url), prompt: 'hi', maxRetries: 0, tools })

  test('gets text, whole and streamed', async () => {
    gw.upstream.script = json(vendor.anthropicJson)
    const whole = await generateText(options())
    expect(whole).toMatchObject({ text: 'Hello there', finishReason: 'stop' })
    expect(whole.usage).toMatchObject({ inputTokens: 12, outputTokens: 5 })
    gw.upstream.script = sse(vendor.anthropicSse)
    const streamed = streamText(options())
    expect(await streamed.text).toBe('Hello there')
    expect(await streamed.finishReason).toBe('stop')
    expect(await streamed.usage).toMatchObject({ inputTokens: 12, outputTokens: 5 })
    expect((await gw.ended(2)).map(({ clientFormat }) => clientFormat)).toEqual([format, format])
  })

  test('gets tool calls, whole and streamed', async () => {
    const calls = [{ toolName: 'weather', input: { city: 'Paris' } }]
    gw.upstream.script = json(vendor.anthropicToolJson)
    const whole = await generateText(options())
    expect(whole.toolCalls).toMatchObject(calls)
    expect(whole.finishReason).toBe('tool-calls')
    gw.upstream.script = sse(vendor.anthropicToolSse)
    const streamed = streamText(options())
    expect(await streamed.toolCalls).toMatchObject(calls)
    expect(await streamed.finishReason).toBe('tool-calls')
  })

  test('gets an upstream error as its own, with the upstream’s words', async () => {
    const error = { type: 'rate_limit_error', message: 'slow down, please' }
    gw.upstream.script = json({ type: 'error', error }, 429, { 'retry-after': '3' })
    const failed = await generateText(options()).catch((thrown: unknown) => thrown)
    expect(APICallError.isInstance(failed)).toBe(true)
    expect(failed).toMatchObject({
      statusCode: 429,
      isRetryable: true,
      message: expect.stringContaining('slow down, please'),
    })
  })

  test('leaves in mid-stream, and the upstream is let go', async () => {
    gw.upstream.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(vendor.anthropicHead)
    }
    const controller = new AbortController()
    const { fullStream } = streamText({ ...options(), abortSignal: controller.signal })
    const kinds: string[] = []
    for await (const { type } of fullStream) {
      kinds.push(type)
      if (type === 'text-delta') controller.abort()
    }
    expect(kinds.at(-1)).toBe('abort')
    await gw.upstream.seen[0]?.closed
    expect(await gw.ended(1)).toMatchObject([{ outcome: 'cancelled', reason: 'client_gone' }])
  })
})
