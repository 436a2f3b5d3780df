import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './repository.ts'

// The commands of the HTTP reference are run as written, but for the port, against the built command line.

const text = readFileSync(join(root, 'docs/reference/http.md'), 'utf8')
const lines = [...text.matchAll(/^```bash\n([\s\S]*?)^```/gm)].flatMap((match) =>
  (match[1] ?? '').split('\n').filter((line) => line !== ''),
)
const home = mkdtempSync(join(tmpdir(), 'agentproxy-http-'))
const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
  AGENTPROXY_HOME: join(home, 'state'),
  XDG_CONFIG_HOME: join(home, 'config'),
  NO_COLOR: '1',
}
let server: ChildProcess | null = null
let url = ''

beforeAll(async () => {
  server = spawn('bash', ['-c', 'exec agentproxy serve --port 0 --json'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = await new Promise<Buffer>((resolve, reject) => {
    server?.stdout?.once('data', resolve)
    server?.once('exit', (code) => reject(new Error(`serve ended with ${code}; run npm run build first`)))
  })
  url = (JSON.parse(said.toString()) as { url: string }).url
})
afterAll(async () => {
  const ended = new Promise((resolve) => server?.once('exit', resolve))
  server?.kill('SIGTERM')
  await ended
  rmSync(home, { recursive: true, force: true })
})

test('the page has commands', () => expect(lines.length).toBeGreaterThan(2))

test.each(lines)('%s', async (line) => {
  const command = line.replace('http://127.0.0.1:8000', url).replace('curl -s', 'curl -s --fail-with-body')
  expect(command).toContain(url)
  const child = spawn('bash', ['-c', command], { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code, out).toBe(0)
  expect(JSON.parse(out)).toEqual(expect.any(Object))
})
