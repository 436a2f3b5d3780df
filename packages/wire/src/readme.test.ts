import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import * as wire from './index.ts'

/** The examples one after the other, as one program; its imports become what they import. */
function program(readme: string): string {
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
  return blocks
    .join('\n')
    .replaceAll(
      /^import \{([^}]*)\} from '@agentproxy\/wire[^']*'$/gm,
      (_all, names: string) => `const {${names.replaceAll(' as ', ': ')}} = wire`,
    )
}

it('every example of the README runs', async () => {
  const code = program(readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8'))
  expect(code.split('\n').length).toBeGreaterThan(15)
  const said: string[] = []
  const sse = readFileSync(path.join(import.meta.dirname, 'fixtures/openai-chat-tools.sse'))
  const json: unknown = JSON.parse(
    readFileSync(path.join(import.meta.dirname, 'fixtures/openai-chat-tools.json'), 'utf8'),
  )
  const body = JSON.stringify({
    model: 'm',
    max_tokens: 9,
    top_k: 3,
    messages: [{ role: 'user', content: 'Hi.' }],
  })
  const given = {
    wire,
    body,
    json,
    bytes: Buffer.from(body),
    upstream: (async function* () {
      yield sse.subarray(0, 99)
      yield sse.subarray(99)
    })(),
    client: { write: (text: string) => said.push(text) },
  }
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (...values: unknown[]) => Promise<{ codes: string[] }>
  const run = new AsyncFunction(
    ...Object.keys(given),
    `${code}\nreturn { codes: loss.entries.map(({ code }) => code) }`,
  )
  const { codes } = await run(...Object.values(given))
  expect(codes).toContain('top-k-unsupported')
  expect(said.join('')).toContain('event: message_stop')
})
