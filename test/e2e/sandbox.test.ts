import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, processesWith } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

/** A guest with these tools, beside one that adds. */
const guest = (
  tools: readonly (readonly [name: string, body: string])[],
): string => `export default definePlugin({
  name: 'guest',
  setup(ctx) {
    ctx.tool('guest.add', { description: 'Adds', parameters: {}, execute: ({ a, b }) => a + b })
    ${tools.map(([name, body]) => `ctx.tool('guest.${name}', { description: '', parameters: {}, execute: () => { ${body} } })`).join('\n    ')}
  },
})
`

const bombs = [
  ['endless-loop', 'for (;;) {}'],
  ['endless-microtasks', 'const again = () => Promise.resolve().then(again); return again()'],
  ['memory-bomb', 'const all = []; for (;;) all.push(new Array(1e5).fill(all.length))'],
  ['buffer-bomb', 'const all = []; for (;;) all.push(new ArrayBuffer(1e7))'],
  ['string-bomb', `let text = 'x'; for (;;) text += text`],
  ['regular-expression-bomb', `return /^(a+)+$/.test('a'.repeat(60) + 'b')`],
  ['output-flood', `for (;;) ctx.log.info('x'.repeat(10000))`],
  ['deep-recursion', 'const dive = () => dive() + 1; return dive()'],
  ['way-out-through-a-constructor', `return ctx.constructor.constructor('return process.env')()`],
] as const

interface Served {
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>
  readonly tool: (name: string, parameters: object) => Promise<unknown>
}

async function serve(tools: Parameters<typeof guest>[0]): Promise<Served> {
  await bench.write('guests/guest.js', guest(tools))
  await bench.write(
    'config/agentproxy/config.yaml',
    `sandboxedPlugins:\n  - { name: guest, file: ../../guests/guest.js, resources: { memory: 32MB, timeoutMs: 500 } }\n`,
  )
  const running = bench.start(['serve', '--port', '0', '--json'], { bin: 'agentproxy' })
  const line = await running.line((text) => text.includes('"listening"'))
  const { url } = JSON.parse(line) as { url: string }
  const token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const ask = (path: string, init: RequestInit = {}) => fetch(url + path, { ...init, headers })
  const tool = async (name: string, parameters: object) =>
    (await ask(`/tools/${name}`, { method: 'POST', body: JSON.stringify({ parameters }) })).json()
  return { ask, tool }
}

describe('a sandboxed plugin of the configuration', () => {
  test('leaves the server serving through every bomb, and its next call works', async () => {
    const { ask, tool } = await serve(bombs)
    for (const [name] of bombs) {
      const exploded = tool(`guest.${name}`, {})
      // While it explodes, others are served.
      expect((await ask('/v1/models')).status, name).toBe(200)
      expect(JSON.stringify(await exploded), name).not.toContain('AGENTPROXY_HOME')
      expect(await tool('guest.add', { a: 2, b: 3 }), name).toMatchObject({ value: 5 })
      expect((await ask('/health')).status, name).toBe(200)
      // With a clean sheet: the second excess of one generation disables it.
      expect((await ask('/plugins/guest/reload', { method: 'POST' })).status, name).toBe(200)
    }
  })

  test('is disabled by its second excess, with the reason', async () => {
    const { ask, tool } = await serve(bombs)
    await tool('guest.endless-loop', {})
    await tool('guest.memory-bomb', {})
    const guestStatus = async () => (await (await ask('/plugins/guest')).json()) as unknown
    await expect
      .poll(guestStatus, { timeout: 20_000 })
      .toMatchObject({ status: 'disabled', code: 'SANDBOX_LIMIT' })
    expect(await tool('guest.add', { a: 1, b: 1 })).not.toHaveProperty('value')
    expect((await ask('/v1/models')).status).toBe(200)
  })

  test('is read again when its file changes, and leaves nothing behind', async () => {
    const { tool } = await serve([['answer', 'return 1']])
    expect(await tool('guest.answer', {})).toMatchObject({ value: 1 })
    await bench.write('guests/guest.js', guest([['answer', 'return 2']]))
    await expect.poll(() => tool('guest.answer', {}), { timeout: 20_000 }).toMatchObject({ value: 2 })
    await bench.dispose()
    await expect.poll(() => processesWith(bench.home), { timeout: 20_000 }).toEqual([])
  })

  test('with permissions that make no sense is an error of the configuration', async () => {
    await bench.write(
      'config/agentproxy/config.yaml',
      'sandboxedPlugins:\n  - { name: guest, file: guest.js, permissions: { netwrk: [example.com] } }\n',
    )
    const { code, stderr } = await bench.command(['models'], { bin: 'agentproxy' })
    expect(code).toBe(2)
    expect(stderr).toContain('netwrk')
  })
})
