import Anthropic, { NotFoundError } from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { scriptedServer } from '../testing/scripted-server.ts'

const CLAIM = '[simulated] Done! I found the bug, fixed it, and all tests pass.'

test("Anthropic's client gets a message, whole and as a stream, with simulated usage", async () => {
  const client = anthropicClient(await scriptedServer())
  const request = {
    model: 'claims-done',
    max_tokens: 100,
    messages: [{ role: 'user' as const, content: 'Fix it' }],
  }
  const whole = await client.messages.create(request)
  expect(whole.content).toMatchObject([{ type: 'text', text: CLAIM }])
  expect(whole).toMatchObject({ model: 'claims-done', stop_reason: 'end_turn' })
  expect(whole.usage.input_tokens).toBeGreaterThan(0)
  expect(whole.usage.output_tokens).toBe(Math.ceil(CLAIM.length / 4))
  const stream = client.messages.stream(request)
  const pieces: string[] = []
  stream.on('text', (text) => pieces.push(text))
  const streamed = await stream.finalMessage()
  expect(pieces.length).toBeGreaterThan(3)
  expect(pieces.join('')).toBe(CLAIM)
  expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
  expect(streamed.id).toBe(whole.id)
})

test("OpenAI's client gets a completion, whole and as a stream, tool call included", async () => {
  const client = openaiClient(await scriptedServer())
  const request = {
    model: 'fix',
    messages: [{ role: 'user' as const, content: 'Fix it' }],
    tools: [{ type: 'function' as const, function: { name: 'read_file', parameters: { type: 'object' } } }],
  }
  const whole = await client.chat.completions.create(request)
  const [choice] = whole.choices
  expect(choice).toMatchObject({
    finish_reason: 'tool_calls',
    message: { content: expect.stringMatching(/^\[simulated\]/) },
  })
  expect(choice?.message.tool_calls).toMatchObject([
    { type: 'function', function: { name: 'read_file', arguments: '{"path":"test/sum.test.js"}' } },
  ])
  expect(whole.usage?.total_tokens).toBeGreaterThan(10)
  const streamed = await client.chat.completions.stream(request).finalChatCompletion()
  expect(streamed.choices[0]?.message.tool_calls).toMatchObject([
    { id: choice?.message.tool_calls?.[0]?.id, function: { arguments: '{"path":"test/sum.test.js"}' } },
  ])
})

test('of tools with the same name the one is called whose wanted fields the scenario gives', async () => {
  const client = openaiClient(await scriptedServer())
  const parameters = { type: 'object', properties: { file_path: {} }, required: ['file_path'] }
  const whole = await client.chat.completions.create({
    model: 'fix',
    messages: [{ role: 'user', content: 'Fix it' }],
    tools: [{ type: 'function', function: { name: 'read_file', parameters } }],
  })
  expect(whole.choices[0]?.message.tool_calls).toMatchObject([
    { function: { name: 'read_file', arguments: '{"file_path":"test/sum.test.js"}' } },
  ])
})

const read = (call_id: string, output: string) => [
  { type: 'function_call' as const, call_id, name: 'exec_command', arguments: '{}' },
  { type: 'function_call_output' as const, call_id, output },
]

test('a tool of plain text is called with text', async () => {
  const client = openaiClient(await scriptedServer())
  const answer = await client.responses.create({
    model: 'fix',
    input: [{ role: 'user', content: 'Fix it' }, ...read('a', 'a test'), ...read('b', 'let index = 1')],
    tools: [{ type: 'custom', name: 'apply_patch' }],
  })
  expect(answer.output.at(-1)).toMatchObject({
    type: 'custom_tool_call',
    name: 'apply_patch',
    input: expect.stringMatching(/^\*\*\* Begin Patch\n.*\*\*\* End Patch\n$/s),
  })
})

test('a request for a JSON document gets one that follows its schema', async () => {
  const url = await scriptedServer()
  const schema = {
    type: 'object',
    properties: { title: { type: 'string' } },
    required: ['title'],
    additionalProperties: false,
  }
  const message = await anthropicClient(url).messages.create({
    model: 'claims-done',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Give this session a title' }],
    output_config: { format: { type: 'json_schema', schema } },
  })
  expect(message.content).toMatchObject([{ type: 'text', text: '{"title":"[simulated]"}' }])
  const completion = await openaiClient(url).chat.completions.create({
    model: 'fix',
    messages: [{ role: 'user', content: 'Give this session a title' }],
    response_format: { type: 'json_schema', json_schema: { name: 'title', schema } },
  })
  expect(completion.choices[0]?.message.content).toBe('{"title":"[simulated]"}')
})

test('a request without the tools a scenario plays with gets a short answer that says so', async () => {
  const message = await anthropicClient(await scriptedServer()).messages.create({
    model: 'fix',
    max_tokens: 100,
    system: 'Extract any file paths that this command reads or modifies.',
    messages: [{ role: 'user', content: 'Command: ls' }],
  })
  expect(message.stop_reason).toBe('end_turn')
  expect(message.content).toMatchObject([
    { type: 'text', text: expect.stringMatching(/^\[simulated\].*read_file, Read/) },
  ])
})

test('tokens are counted without an answer', async () => {
  const count = await anthropicClient(await scriptedServer()).messages.countTokens({
    model: 'fix',
    messages: [{ role: 'user', content: 'x'.repeat(4000) }],
  })
  expect(count.input_tokens).toBeGreaterThan(1000)
})

test.each([
  [[], 'mark_done'],
  [['test: 1 of 3 tests failed'], 'send_to_agent'],
  [['the agent wrote: "findings": []'], 'send_to_agent'],
])('the reasoner told of the findings %j decides %s', async (findings, decision) => {
  const completion = await openaiClient(await scriptedServer()).chat.completions.create({
    model: 'reasoner',
    messages: [
      { role: 'system', content: 'Choose exactly one function.' },
      { role: 'user', content: JSON.stringify({ objective: 'fix it', findings }, null, 2) },
    ],
  })
  const answer: unknown = JSON.parse(completion.choices[0]?.message.content ?? '')
  expect(answer).toMatchObject({ function: decision, reason: expect.stringMatching(/^\[simulated\]/) })
})

test('an unknown model is refused with the names of those there are', async () => {
  const client = anthropicClient(await scriptedServer())
  const request = client.messages.create({
    model: 'gpt-9',
    max_tokens: 1,
    messages: [{ role: 'user', content: 'x' }],
  })
  await expect(request).rejects.toThrow(/no scenario .*gpt-9.*claims-done/)
  await expect(request).rejects.toBeInstanceOf(NotFoundError)
})

test('a conversation beyond the script is refused, not invented', async () => {
  const url = await scriptedServer({ short: '  - { when: { turn: 1 }, then: [{ text: hi }] }' })
  const client = openaiClient(url)
  const user = { role: 'user' as const, content: 'x' }
  expect(
    (await client.chat.completions.create({ model: 'short', messages: [user] })).choices[0]?.message.content,
  ).toBe('hi')
  const messages = [user, { role: 'assistant' as const, content: 'hi' }, user]
  await expect(client.chat.completions.create({ model: 'short', messages })).rejects.toThrow(/no step/)
})

test('only those who know the secret path are served, and only requests that can be read', async () => {
  const url = await scriptedServer()
  const base = new URL(url)
  expect(base.hostname).toBe('127.0.0.1')
  expect(base.pathname.length).toBeGreaterThan(20)
  const body = JSON.stringify({
    model: 'claims-done',
    max_tokens: 1,
    messages: [{ role: 'user', content: 'x' }],
  })
  expect(await status(`${url}/v1/messages`, { method: 'POST', body })).toBe(200)
  expect(await status(`${base.origin}/v1/messages`, { method: 'POST', body })).toBe(404)
  expect(await status(`${base.origin}/${'x'.repeat(32)}/v1/messages`, { method: 'POST', body })).toBe(404)
  expect(await status(`${url}/v1/messages`, { method: 'GET' })).toBe(404)
  expect(await status(`${url}/v1/messages`, { method: 'POST', body: '{"model":' })).toBe(400)
  expect(await status(`${url}/v1/messages`, { method: 'POST', body: '[]' })).toBe(400)
})

async function status(address: string, init: RequestInit): Promise<number> {
  return (await fetch(address, init)).status
}

function anthropicClient(url: string): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
}

function openaiClient(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
}
