import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Script } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicHead } from '../testing/vendor-answers.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway()
  gw.upstream.script = unending
})
afterEach(() => gw.close())

/** Begins to speak and never ends. */
const unending: Script = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(anthropicHead)
}

const model = 'ant/ant-model'
const messages = [{ role: 'user' as const, content: 'hi' }]

type Pieces = AsyncIterable<unknown>

/** Begins a stream of each official client, to be left by the signal. */
const clients: readonly (readonly [string, (url: string, signal: AbortSignal) => Promise<Pieces>])[] = [
  [
    'the Anthropic SDK',
    (baseURL, signal) =>
      new Anthropic({ baseURL, apiKey: OWNER_TOKEN, maxRetries: 0 }).messages.create(
        { model, max_tokens: 9, messages, stream: true },
        { signal },
      ),
  ],
  [
    'the OpenAI SDK, chat completions',
    (url, signal) => openai(url).chat.completions.create({ model, messages, stream: true }, { signal }),
  ],
  [
    'the OpenAI SDK, responses',
    (url, signal) => openai(url).responses.create({ model, input: 'hi', stream: true }, { signal }),
  ],
  [
    'the Google Gen AI SDK',
    (baseUrl, abortSignal) =>
      new GoogleGenAI({ apiKey: OWNER_TOKEN, httpOptions: { baseUrl } }).models.generateContentStream({
        model,
        contents: 'hi',
        config: { abortSignal },
      }),
  ],
]

function openai(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
}

test.each(clients)('%s leaves in mid-stream: the upstream is let go, once', async (_, begin) => {
  const controller = new AbortController()
  const stream = await begin(gw.url, controller.signal)
  const read = (async () => {
    const pieces: unknown[] = []
    for await (const piece of stream) {
      if (pieces.length === 0) controller.abort()
      pieces.push(piece)
    }
  })()
  // Some clients end their stream quietly, others throw; all have seen something before.
  await read.catch((error: Error) => expect(error.message).toMatch(/abort/i))
  await gw.upstream.seen[0]?.closed
  expect(await gw.ended(1)).toMatchObject([{ outcome: 'cancelled', reason: 'client_gone' }])
  expect(gw.upstream.seen).toHaveLength(1)
})
