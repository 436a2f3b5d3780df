import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import type { GenerateContentResponse } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anthropic, gemini, LossReport, openaiChat, openaiResponses } from './index.ts'
import type { Format, ModelEvent } from './index.ts'

const fixtures = path.join(import.meta.dirname, 'fixtures')

function recorded(name: string, format: Format): ModelEvent[] {
  const reader = format.createStreamReader()
  return [...reader.push(readFileSync(path.join(fixtures, name))), ...reader.end()]
}

const sources = [
  ['anthropic-tools.sse', recorded('anthropic-tools.sse', anthropic)],
  ['openai-chat-tools.sse', recorded('openai-chat-tools.sse', openaiChat)],
  ['openai-responses-tools.sse', recorded('openai-responses-tools.sse', openaiResponses)],
  ['gemini-tools.sse', recorded('gemini-tools.sse', gemini)],
] as const

const failure: ModelEvent = {
  type: 'error',
  error: {
    type: 'overloaded',
    message: 'Too busy.',
    status: 529,
    vendorType: null,
    retryAfterMs: null,
    requestId: null,
  },
}

function fetchOf(format: Format, events: readonly ModelEvent[]): () => Promise<Response> {
  // The chat client of these tests has no custom tools, which its SDK's stream helper does not know.
  const writer = format.createStreamWriter(new LossReport(), format === openaiChat ? { tools: [] } : {})
  const body = events.map((event) => writer.keepAlive() + writer.write(event)).join('')
  return () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
}

function anthropicStream(events: readonly ModelEvent[]): ReturnType<Anthropic['messages']['stream']> {
  const client = new Anthropic({ apiKey: 'k', fetch: fetchOf(anthropic, events), maxRetries: 0 })
  return client.messages.stream({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] })
}

function openaiStream(events: readonly ModelEvent[]): ReturnType<OpenAI['chat']['completions']['stream']> {
  const client = new OpenAI({ apiKey: 'k', fetch: fetchOf(openaiChat, events), maxRetries: 0 })
  return client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
}

function responsesClient(fetch: () => Promise<Response>): OpenAI['responses'] {
  return new OpenAI({ apiKey: 'k', fetch, maxRetries: 0 }).responses
}

function responsesStream(events: readonly ModelEvent[]): ReturnType<OpenAI['responses']['stream']> {
  return responsesClient(fetchOf(openaiResponses, events)).stream({ model: 'm', input: 'hi' })
}

/** What the upstream of the Google client answers next; that client takes an address, but no fetch. */
let played = { type: '', body: '' }
const upstream = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': played.type }).end(played.body)
})
beforeAll(() => new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve)))
afterAll(() => upstream.close())

function google(): GoogleGenAI['models'] {
  const { port } = upstream.address() as AddressInfo
  return new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } }).models
}

/** As the client's own `text`, which warns of calls beside it. */
function textOf({ candidates }: GenerateContentResponse): string {
  const parts = candidates?.[0]?.content?.parts ?? []
  return parts.map(({ text, thought }) => (thought === true ? '' : (text ?? ''))).join('')
}

async function googleStream(events: readonly ModelEvent[]): Promise<GenerateContentResponse[]> {
  const writer = gemini.createStreamWriter(new LossReport())
  const body = events.map((event) => writer.keepAlive() + writer.write(event)).join('')
  played = { type: 'text/event-stream', body }
  const pieces: GenerateContentResponse[] = []
  const stream = await google().generateContentStream({ model: 'm', contents: 'hi' })
  for await (const piece of stream) pieces.push(piece)
  return pieces
}

describe.each(sources)('what the official SDKs make of %s', (_name, events) => {
  it('Anthropic: the final message equals the JSON answer', async () => {
    const message = await anthropicStream(events).finalMessage()
    const answer = anthropic.writeResponse(events, new LossReport())
    expect(message.content).toEqual(answer['content'])
    expect(message.stop_reason).toBe('tool_use')
    expect(message.usage).toMatchObject(answer['usage'] as object)
  })

  it('OpenAI: the final completion equals the JSON answer', async () => {
    const stream = openaiStream(events)
    const completion = await stream.finalChatCompletion()
    const answer = openaiChat.writeResponse(events, new LossReport(), {
      tools: [],
    }) as unknown as OpenAI.ChatCompletion
    expect(completion.choices[0]?.message.content).toBe(answer.choices[0]?.message.content)
    expect(completion.choices[0]?.message.tool_calls).toMatchObject(
      answer.choices[0]?.message.tool_calls ?? [],
    )
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls')
    expect(completion.usage).toEqual(answer.usage)
  })

  it('OpenAI: the final response equals the JSON answer, streamed or not', async () => {
    const answer = openaiResponses.writeResponse(events, new LossReport(), { created: 1 })
    const whole = await responsesClient(() => Promise.resolve(Response.json(answer))).create({
      model: 'm',
      input: 'hi',
    })
    expect(whole).toMatchObject(answer)
    const streamed = await responsesStream(events).finalResponse()
    expect(streamed).toMatchObject({ ...answer, created_at: expect.any(Number) as number })
    expect(streamed.output_text).toBe(whole.output_text)
  })

  it('OpenAI: the stream helper builds every item from the events before the last', async () => {
    const stream = responsesStream(events)
    const done: unknown[] = []
    stream.on('response.output_item.done', ({ item }) => done.push(item))
    const sequence: number[] = []
    stream.on('event', ({ sequence_number }) => sequence.push(sequence_number))
    const { output } = await stream.finalResponse()
    expect(done).toHaveLength(output.length)
    expect(output).toMatchObject(done)
    expect(sequence).toEqual(sequence.map((_number, index) => index))
  })

  it('OpenAI: a response that fails midway says so', async () => {
    const response = await responsesStream([...events.slice(0, 5), failure]).finalResponse()
    expect(response.status).toBe('failed')
    expect(response.error).toEqual({ code: 'server_is_overloaded', message: 'Too busy.' })
  })

  it('Google: the stream says what the JSON answer says', async () => {
    const answer = gemini.writeResponse(events, new LossReport())
    played = { type: 'application/json', body: JSON.stringify(answer) }
    const whole = await google().generateContent({ model: 'm', contents: 'hi' })
    const pieces = await googleStream(events)
    expect(pieces.map(textOf).join('')).toBe(textOf(whole))
    expect(pieces.flatMap(({ functionCalls }) => functionCalls ?? [])).toEqual(whole.functionCalls)
    expect(whole.functionCalls?.length).toBeGreaterThan(1)
    expect(pieces.at(-1)).toMatchObject({
      usageMetadata: whole.usageMetadata as object,
      candidates: [{ finishReason: 'STOP' }],
    })
  })

  it('all throw when the stream ends in an error', async () => {
    const broken = [...events.slice(0, 5), failure]
    await expect(anthropicStream(broken).finalMessage()).rejects.toThrow(/Too busy/)
    await expect(openaiStream(broken).finalChatCompletion()).rejects.toThrow(/Too busy/)
    await expect(googleStream(broken)).rejects.toThrow(/Too busy/)
  })
})
