import Anthropic from '@anthropic-ai/sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBench } from './bench.ts'
import type { Bench } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

test('a server with rules refuses the calls they deny, in the model’s own answer', async () => {
  await bench.write(
    'config/agentproxy/config.yaml',
    'plugins: { permissions: { deny: [{ tools: [read_*] }] } }\n',
  )
  const running = bench.start(['serve', '--port', '0', '--json'], { bin: 'agentproxy' })
  const line = await running.line((text) => text.includes('"listening"'))
  const { url } = JSON.parse(line) as { url: string }
  const token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  const client = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 })
  const answer = await client.messages
    .stream({
      model: 'simulator/fix',
      max_tokens: 500,
      tools: [{ name: 'read_file', description: 'Read a file', input_schema: { type: 'object' } }],
      messages: [{ role: 'user', content: 'make the failing test pass' }],
    })
    .finalMessage()
  expect(answer.stop_reason).toBe('end_turn')
  expect(answer.content.every(({ type }) => type === 'text')).toBe(true)
  expect(JSON.stringify(answer.content)).toContain('\\"read_file\\" was refused: a rule denies \\"read_*\\"')
})
