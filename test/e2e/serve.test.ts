import { stat } from 'node:fs/promises'
import Anthropic, { AuthenticationError as AnthropicAuthenticationError } from '@anthropic-ai/sdk'
import OpenAI, { AuthenticationError as OpenaiAuthenticationError } from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench, Running } from './bench.ts'
import { createBench, STACK_TRACE } from './bench.ts'

interface Served extends Running {
  readonly url: string
  readonly tokenFile: string
  readonly token: string
}

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

async function serve(...more: readonly string[]): Promise<Served> {
  const running = bench.start(['serve', '--port', '0', '--json', ...more], { bin: 'agentproxy' })
  const line = await running.line((text) => text.includes('"listening"'))
  const { event, url, tokenFile } = JSON.parse(line) as { event: string; url: string; tokenFile: string }
  expect(event).toBe('listening')
  const token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  return { ...running, url, tokenFile, token }
}

const prompt = 'make the failing test pass'
const anthropicTool = {
  name: 'read_file',
  description: 'Read a file',
  input_schema: { type: 'object' as const, properties: { path: { type: 'string' } } },
}
const openaiTool = {
  type: 'function' as const,
  function: { name: 'read_file', description: 'Read a file', parameters: anthropicTool.input_schema },
}

/** A plugin that refuses every request with these words. */
const gate = (words: string): string => `import { block } from '@agentproxy/plugin'
export default { name: 'gate', version: '1.0.0', setup(ctx) { ctx.hook('request.received', () => block('${words}')) } }
`

describe('agentproxy serve', () => {
  test('serves the Anthropic SDK, whole and streamed, with tools', async () => {
    const { url, token } = await serve()
    const client = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 })
    const request = {
      model: 'simulator/fix',
      max_tokens: 500,
      tools: [anthropicTool],
      messages: [{ role: 'user' as const, content: prompt }],
    }
    const whole = await client.messages.create(request)
    expect(whole.stop_reason).toBe('tool_use')
    expect(whole.content).toMatchObject([
      { type: 'text' },
      { type: 'tool_use', name: 'read_file', input: { path: 'test/sum.test.js' } },
    ])
    const streamed = await client.messages.stream(request).finalMessage()
    expect(streamed.content.map(({ type }) => type)).toEqual(['text', 'tool_use'])
    expect(streamed.stop_reason).toBe('tool_use')
    expect(streamed.usage.output_tokens).toBeGreaterThan(0)
  })

  test('serves the OpenAI SDK, whole and streamed, with tools', async () => {
    const { url, token } = await serve()
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const request = {
      model: 'simulator/fix',
      tools: [openaiTool],
      messages: [{ role: 'user' as const, content: prompt }],
    }
    const whole = await client.chat.completions.create(request)
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls')
    expect(whole.choices[0]?.message.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'read_file', arguments: '{"path":"test/sum.test.js"}' } },
    ])
    const streamed = await client.chat.completions
      .stream({ ...request, stream_options: { include_usage: true } })
      .finalChatCompletion()
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'read_file' } })
    expect(streamed.usage?.completion_tokens).toBeGreaterThan(0)
  })

  test('tells how its accounts are, by the command and without a secret', async () => {
    const none = await bench.command(['accounts'], { bin: 'agentproxy' })
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('agentproxy serve') })
    await serve()
    const { code, stdout } = await bench.command(['accounts'], {
      bin: 'agentproxy',
      env: { OPENAI_API_KEY: 'of-the-command-not-of-the-server' },
    })
    expect(code).toBe(0)
    expect(stdout).toContain('simulator/default  ready\n')
    expect(stdout).toContain('openai/default  no key\n')
    const lines = (await bench.command(['accounts', '--json'], { bin: 'agentproxy' })).stdout
      .trim()
      .split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ provider: 'simulator', label: 'default', inFlight: 0, quotas: [] }),
    )
  })

  test('refuses a wrong token in the words of each SDK', async () => {
    const { url } = await serve()
    const anthropic = new Anthropic({ baseURL: url, apiKey: 'wrong-token-wrong-token', maxRetries: 0 })
    const request = {
      model: 'simulator/fix',
      max_tokens: 5,
      messages: [{ role: 'user' as const, content: 'x' }],
    }
    await expect(anthropic.messages.create(request)).rejects.toBeInstanceOf(AnthropicAuthenticationError)
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'wrong-token-wrong-token', maxRetries: 0 })
    await expect(
      openai.chat.completions.create({ model: 'simulator/fix', messages: [{ role: 'user', content: 'x' }] }),
    ).rejects.toBeInstanceOf(OpenaiAuthenticationError)
  })

  test('an alias of the configuration is a model', async () => {
    await bench.write('config/agentproxy/config.yaml', 'models: { mine: [nowhere/x, simulator/fix] }\n')
    const { url, token } = await serve()
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const answer = await client.chat.completions.create({
      model: 'mine',
      messages: [{ role: 'user', content: prompt }],
    })
    expect(answer.choices[0]?.message.content).toContain('[simulated]')
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('%s finishes what is in flight and exits 0', async (signal) => {
    await bench.write(
      'scenarios/slow.yaml',
      'name: Slow\ndescription: Answers late.\nsteps:\n  - then: [{ text: begun }, { delayMs: 700 }, { text: ended }]\n',
    )
    await bench.write(
      'config/agentproxy/config.yaml',
      `plugins: { provider-simulator: { scenarios: [${JSON.stringify(`${bench.home}/scenarios`)}] } }\n`,
    )
    const { url, token, child, done } = await serve()
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const stream = await client.chat.completions.create({
      model: 'simulator/slow',
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
    })
    let text = ''
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content ?? ''
      if (text === '' && piece !== '') child.kill(signal)
      text += piece
    }
    expect(text).toContain('ended')
    expect((await done).code).toBe(0)
  })

  test('a second signal ends it at once', async () => {
    await bench.write(
      'scenarios/endless.yaml',
      'name: Endless\ndescription: Never ends.\nsteps:\n  - then: [{ text: begun }, { delayMs: 600000 }]\n',
    )
    await bench.write(
      'config/agentproxy/config.yaml',
      `plugins: { provider-simulator: { scenarios: [${JSON.stringify(`${bench.home}/scenarios`)}] } }\n`,
    )
    const { url, token, child, done } = await serve()
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'x' }]
    const stream = await client.chat.completions.create({
      model: 'simulator/endless',
      messages,
      stream: true,
    })
    const cut = expect(
      (async () => {
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) child.kill('SIGTERM')
      })(),
    ).rejects.toThrow()
    let stderr = ''
    child.stderr?.on('data', (text) => {
      stderr += String(text)
      if (stderr.includes('once more ends it at once')) child.kill('SIGTERM')
    })
    expect((await done).code).toBe(130)
    await cut
  })

  test('a port in use is said, with what to do', async () => {
    const { url } = await serve()
    const { code, stderr } = await bench.command(['serve', '--port', new URL(url).port], {
      bin: 'agentproxy',
    })
    expect(code).toBe(1)
    expect(stderr).toContain('in use')
    expect(stderr).toContain('--port')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  test('an address that others can reach is refused', async () => {
    const { code, stderr } = await bench.command(['serve', '--host', '0.0.0.0', '--port', '0'], {
      bin: 'agentproxy',
    })
    expect(code).not.toBe(0)
    expect(stderr).toContain('0.0.0.0')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  test('tells a person how to point programs at it, and keeps the token to its owner', async () => {
    const running = bench.start(['serve', '--port', '0'], { bin: 'agentproxy' })
    await running.line((line) => line.includes('OPENAI_BASE_URL'))
    running.child.kill('SIGTERM')
    const { stdout } = await running.done
    expect(stdout).toMatch(/ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:\d+/)
    const token = (await bench.command(['token'])).stdout.trim()
    expect(stdout).not.toContain(token)
    expect((await stat(`${bench.home}/state/token`)).mode & 0o077).toBe(0)
  })

  test('with --watch reloads a plugin when its file is saved, and keeps the old one when the new one is broken', async () => {
    await bench.write('plugins/gate.mjs', gate('first words'))
    await bench.write('config/agentproxy/config.yaml', `pluginModules: ["${bench.home}/plugins/gate.mjs"]\n`)
    const { url, token, child } = await serve('--watch')
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const ask = () =>
      client.chat.completions
        .create({ model: 'simulator/fix', messages: [{ role: 'user', content: 'x' }] })
        .then(() => 'answered', String)
    const saying = (words: string) => expect.poll(ask, { timeout: 20_000 }).toContain(words)
    await saying('first words')
    await bench.write('plugins/gate.mjs', gate('second words'))
    await saying('second words')
    let told = ''
    child.stderr?.on('data', (text: string) => (told += text))
    await bench.write('plugins/gate.mjs', 'export default {')
    await expect.poll(() => told, { timeout: 20_000 }).toContain('plugin gate could not be reloaded')
    await saying('second words')
  })
  test('takes over changed plugin sections of its configuration, and keeps what is active where they are not valid', async () => {
    const gateOfConfig = `import { block } from '@agentproxy/plugin'
const config = { '~standard': { version: 1, vendor: 'test', validate: (value) => typeof value.words === 'string' ? { value } : { issues: [{ message: 'must be text', path: ['words'] }] } } }
export default { name: 'gate', version: '1.0.0', config, setup(ctx) { ctx.hook('request.received', () => block(ctx.config.words)) } }
`
    await bench.write('plugins/gate.mjs', gateOfConfig)
    const configure = (section: string) =>
      bench.write(
        'config/agentproxy/config.yaml',
        `pluginModules: ["${bench.home}/plugins/gate.mjs"]\nplugins: { gate: ${section} }\n`,
      )
    await configure('{ words: first words }')
    const { url, token, child } = await serve()
    let told = ''
    child.stderr?.on('data', (text: string) => (told += text))
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const ask = () =>
      client.chat.completions
        .create({ model: 'simulator/fix', messages: [{ role: 'user', content: 'x' }] })
        .then(() => 'answered', String)
    const saying = (words: string) => expect.poll(ask, { timeout: 20_000 }).toContain(words)
    const telling = (words: string) => expect.poll(() => told, { timeout: 20_000 }).toContain(words)
    await saying('first words')
    await configure('{ words: second words }')
    await saying('second words')
    await configure('{ words: 3 }')
    await telling('plugin gate keeps the configuration it has')
    await telling('words: must be text')
    await configure('{ words: [ }')
    await telling('the configuration is not valid, and the one before stays')
    await saying('second words')
    await configure('{ words: third words }')
    await saying('third words')
  })
})
