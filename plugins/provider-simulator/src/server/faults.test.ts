import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import { expect, test } from 'vitest'
import { scriptedServer } from '../testing/scripted-server.ts'

const scenarios = {
  limited: '  - then: [{ fault: { status: 429, retryAfterSeconds: 7, message: slow down } }]',
  overloaded: '  - then: [{ fault: { status: 529 } }]',
  reset: '  - then: [{ fault: reset }]',
  cut: '  - then: [{ text: one two three four }, { fault: cut }]',
  stall: '  - then: [{ text: one two three four }, { fault: stall }]',
  garbage: '  - then: [{ text: one }, { fault: garbage }, { text: two }]',
  slow: '  - then: [{ text: one }, { delayMs: 40 }, { text: two }, { usage: { inputTokens: 5, cacheReadTokens: 3 } }]',
}

test('a status comes with its retry-after and the error of the dialect', async () => {
  const url = await scriptedServer(scenarios)
  const limited = await ask(url, 'limited')
  expect(limited.status).toBe(429)
  expect(limited.headers.get('retry-after')).toBe('7')
  expect(await limited.json()).toMatchObject({
    type: 'error',
    error: { type: 'rate_limit_error', message: 'slow down' },
  })
  const overloaded = await ask(url, 'overloaded')
  expect(overloaded.status).toBe(529)
  expect(overloaded.headers.has('retry-after')).toBe(false)
  expect(await overloaded.json()).toMatchObject({ error: { type: 'overloaded_error' } })
})

test('a reset is a reset connection, before any header', async () => {
  const url = await scriptedServer(scenarios)
  await expect(ask(url, 'reset')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
})

test.each([true, false])(
  'a cut ends the connection in the middle of the answer (stream: %s)',
  async (stream) => {
    const url = await scriptedServer(scenarios)
    const response = await ask(url, 'cut', { stream })
    expect(response.status).toBe(200)
    const { text, ended } = await readUntilBroken(response)
    expect(ended).toBe(false)
    expect(text.length).toBeGreaterThan(50)
    expect(text).not.toContain('content_block_stop')
    if (stream) expect(text).toContain('four')
    else expect(() => JSON.parse(text)).toThrow(SyntaxError)
  },
)

test("Anthropic's client takes a cut stream for a failure", async () => {
  const client = new Anthropic({ baseURL: await scriptedServer(scenarios), apiKey: 'none', maxRetries: 0 })
  const stream = client.messages.stream({
    model: 'cut',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'x' }],
  })
  await expect(stream.finalMessage()).rejects.toThrow()
})

test.each([true, false])(
  'a stall says no more and leaves the connection open (stream: %s)',
  async (stream) => {
    const url = await scriptedServer(scenarios)
    const leave = new AbortController()
    const response = await ask(url, 'stall', { stream, signal: leave.signal })
    const reading = readUntilBroken(response)
    expect(await Promise.race([reading, sleep(150, 'still open')])).toBe('still open')
    leave.abort()
    expect((await reading).ended).toBe(false)
  },
)

test('garbage stands between two whole events of a stream, and spoils a JSON answer', async () => {
  const url = await scriptedServer(scenarios)
  const streamed = await readUntilBroken(await ask(url, 'garbage'))
  expect(streamed.ended).toBe(true)
  const lines = streamed.text.split('\n').filter((line) => line.startsWith('data: '))
  const broken = lines.filter((line) => !isJson(line.slice(6)))
  expect(broken).toEqual(['data: {"simulated": "garbage'])
  expect(streamed.text).toMatch(/content_block_stop[\s\S]*garbage[\s\S]*two[\s\S]*message_stop/)
  const whole = await readUntilBroken(await ask(url, 'garbage', { stream: false }))
  expect(whole.ended).toBe(true)
  expect(isJson(whole.text)).toBe(false)
})

test('a delay holds the rest back, and usage is what the script says', async () => {
  const url = await scriptedServer(scenarios)
  const answer: unknown = await (await ask(url, 'slow', { stream: false })).json()
  expect(answer).toMatchObject({
    content: [{ text: 'one' }, { text: 'two' }],
    usage: { cache_read_input_tokens: 3 },
  })
  const { text, ended } = await readUntilBroken(await ask(url, 'slow'))
  expect(ended).toBe(true)
  expect(text).toMatch(/one[\s\S]*two/)
})

test('an upstream in trouble fails three times in three ways, then works; another conversation begins anew', async () => {
  const url = await scriptedServer()
  const request = { tools: [{ name: 'read_file', input_schema: { type: 'object' } }] }
  expect((await ask(url, 'flaky-upstream', request)).headers.get('retry-after')).toBe('1')
  expect((await ask(url, 'flaky-upstream', request)).status).toBe(529)
  const third = await readUntilBroken(await ask(url, 'flaky-upstream', request))
  expect(third.ended).toBe(false)
  expect(third.text).toContain('before')
  const fourth = await readUntilBroken(await ask(url, 'flaky-upstream', request))
  expect(fourth.ended).toBe(true)
  expect(fourth.text).toContain('tool_use')
  const elsewhere = { ...request, messages: [{ role: 'user', content: 'another task' }] }
  expect((await ask(url, 'flaky-upstream', elsewhere)).status).toBe(429)
})

interface AskOptions {
  readonly stream?: boolean
  readonly signal?: AbortSignal
  readonly tools?: readonly unknown[]
  readonly messages?: readonly unknown[]
}

async function ask(url: string, model: string, options: AskOptions = {}): Promise<Response> {
  const { signal, ...fields } = options
  const body = { model, max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'x' }], ...fields }
  const init = { method: 'POST', body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }) }
  return fetch(`${url}/v1/messages`, init)
}

/** `ended`: the body came to its proper end. */
async function readUntilBroken(response: Response): Promise<{ text: string; ended: boolean }> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    return { text, ended: true }
  } catch {
    return { text, ended: false }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
