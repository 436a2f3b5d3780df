import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, taskArgs } from './bench.ts'

let bench: Bench
beforeEach(async () => (bench = await createBench()))
afterEach(() => bench.dispose())

interface Found {
  readonly status: string
  readonly subject: string
  readonly message: string
}

async function doctor(...args: readonly string[]): Promise<{ code: number | null; found: readonly Found[] }> {
  const { code, stdout } = await bench.command(['doctor', '--json', ...args], { bin: 'agentproxy' })
  return { code, found: (JSON.parse(stdout) as { found: readonly Found[] }).found }
}

describe('doctor', () => {
  test('tells a provider that answers from one that does not, and a port that is taken', async () => {
    const upstream = createServer((_request, response) => response.writeHead(401).end())
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    try {
      await bench.write(
        'config/agentproxy/config.yaml',
        `server: { port: ${port} }
plugins:
  provider-openai:
    servers:
      - { name: here, baseUrl: 'http://127.0.0.1:${port}/v1', apiKeyEnv: null }
      - { name: gone, baseUrl: 'http://127.0.0.1:9/v1', apiKeyEnv: null }
`,
      )
      const { code, found } = await doctor()
      const of = (subject: string) => found.find((one) => one.subject === subject)
      expect(code).toBe(0)
      expect(of('provider here')).toMatchObject({ status: 'ok' })
      expect(of('provider gone')).toMatchObject({
        status: 'warn',
        message: expect.stringContaining('reached'),
      })
      expect(of('server')).toMatchObject({ status: 'warn', message: expect.stringContaining('EADDRINUSE') })
      expect(of('agent builtin')).toMatchObject({ status: 'ok' })
      expect(of('node')?.message).toBe(process.version)
    } finally {
      upstream.close()
    }
  })

  test('a configuration that cannot be read is what is in the way', async () => {
    await bench.write('config/agentproxy/config.yaml', 'sever: {}\n')
    const { code, found } = await doctor('--offline')
    expect(code).toBe(1)
    expect(found.at(-1)).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('did you mean "server"'),
    })
  })
})

test('logs are the whole output of what ran, of one turn where that is asked', async () => {
  await bench.command(taskArgs('fix', '-s', 'logged'))
  const all = await bench.command(['logs', 'logged'])
  const turn = await bench.command(['logs', 'logged', '--turn', '1'])
  expect(all.stdout).toContain('baseline-0-npm_test.log <==')
  expect(turn.stdout).not.toContain('baseline')
  expect(turn.stdout).toContain('turn-1-npm_test.log <==')
})
