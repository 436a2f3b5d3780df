import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { allowedEnvironment } from '../../process/environment.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { parseChecks } from '../parse-checks.ts'
import { findChromium } from './find-chromium.ts'
import { type LocalCheckSpec, performCheck } from './perform-check.ts'
import type { Surroundings } from './surroundings.ts'

const hasChromium = (await findChromium(process.env)) !== null

function around(dir: string, more: Partial<Surroundings> = {}): Surroundings {
  return {
    dir,
    env: allowedEnvironment(process.env),
    outputFile: join(tempFolder(), 'output'),
    limitMs: 20_000,
    graceMs: 500,
    signal: new AbortController().signal,
    announce: () => Promise.resolve(randomUUID()),
    ...more,
  }
}

function check(written: object): LocalCheckSpec {
  return parseChecks([written], 'a test')[0] as LocalCheckSpec
}

async function look(written: object, dir: string, more: Partial<Surroundings> = {}) {
  return performCheck(check(written), around(dir, more))
}

/** A project whose server answers with `body` and can be started with `node server.js`. */
async function serving(body: string, status = 200): Promise<{ dir: string; url: string }> {
  const port = await freePort()
  const server = `
    require('node:http').createServer((request, response) => {
      response.writeHead(request.url === '/' ? ${status} : 404, { 'content-type': 'text/html' })
      response.end(request.url === '/' ? ${JSON.stringify(body)} : 'no')
    }).listen(${port}, '127.0.0.1', () => console.log('up'))`
  return { dir: tempFolder({ 'server.js': server }), url: `http://127.0.0.1:${port}/` }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('a command that writes more than it may is ended and is no proof', async () => {
  const outcome = await look({ command: 'yes', maxOutputBytes: 100_000 }, tempFolder())
  expect(outcome).toMatchObject({ verdict: 'error', reason: 'it wrote more than 100000 bytes' })
})

test('a file is there or not, and says what it must or does not', async () => {
  const dir = tempFolder({ 'a.txt': 'one\ntwo\n' })
  symlinkSync('/etc/hostname', join(dir, 'out'))
  const verdicts = [
    { path: 'a.txt' },
    { path: 'a.txt', contains: 'two', matches: '^one$' },
    { path: 'a.txt', contains: 'three' },
    { path: 'a.txt', matches: '^t$' },
    { path: 'a.txt', absent: true },
    { path: 'b.txt' },
    { path: 'b.txt', absent: true },
    { path: 'out', contains: 'x' },
    { path: '.', contains: 'x' },
  ].map(async (one) => (await look({ kind: 'file', ...one }, dir)).verdict)
  expect(await Promise.all(verdicts)).toEqual([
    'pass',
    'pass',
    'fail',
    'fail',
    'fail',
    'fail',
    'pass',
    'error',
    'error',
  ])
})

test('a server is started for an http check, asked, and ended with all it started', async () => {
  const { dir, url } = await serving('hello')
  const start = 'echo $$ > pid; node server.js & wait'
  const ok = await look({ kind: 'http', url, start, contains: 'hello' }, dir)
  expect(ok).toMatchObject({ verdict: 'pass', outputTail: expect.stringMatching(/^HTTP 200\n[\s\S]*hello$/) })
  expect(readFileSync(ok.artifacts?.[0]?.file ?? '', 'utf8')).toContain('up')
  await expect(fetch(url)).rejects.toThrow()
  expect(await look({ kind: 'http', url, start, contains: 'bye' }, dir)).toMatchObject({ verdict: 'fail' })
  expect(await look({ kind: 'http', url: `${url}none`, start }, dir)).toMatchObject({
    verdict: 'fail',
    reason: `${url}none answered 404, not 2xx`,
  })
  expect(await look({ kind: 'http', url }, dir)).toMatchObject({ verdict: 'error' })
})

test('a server that ends, never answers, or was there before is an error', async () => {
  const { dir, url } = await serving('hello')
  expect(await look({ kind: 'http', url, start: 'exit 3' }, dir)).toMatchObject({
    verdict: 'error',
    reason: expect.stringContaining('ended (exit code 3)'),
  })
  expect(await look({ kind: 'http', url, start: 'sleep 30' }, dir, { limitMs: 400 })).toMatchObject({
    verdict: 'error',
    reason: expect.stringContaining('did not answer within 400 ms'),
  })
  const other = createServer((_request, response) => response.end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const taken = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`
  expect(await look({ kind: 'http', url: taken, start: 'touch started' }, dir)).toMatchObject({
    verdict: 'error',
    reason: expect.stringContaining('answers at'),
  })
  expect(existsSync(join(dir, 'started'))).toBe(false)
})

test.skipIf(!hasChromium)(
  'a page opens in a browser, shows what it must and leaves a screenshot',
  async () => {
    const { dir, url } = await serving('<title>t</title><h1>Hello</h1>')
    const written = { kind: 'browser', url, start: 'node server.js', waitFor: 'h1', contains: 'Hello' }
    const outcome = await look(written, dir)
    expect(outcome).toMatchObject({ verdict: 'pass', reason: `${url} opened without console errors` })
    const screenshot = outcome.artifacts?.find(({ name }) => name === 'screenshot')?.file ?? ''
    expect(readFileSync(screenshot).subarray(1, 4).toString()).toBe('PNG')
  },
)

test.skipIf(!hasChromium)(
  'a page that is blank, broken or silent about what it must show does not pass',
  async () => {
    const dir = tempFolder()
    const page = (name: string, html: string): string => {
      writeFileSync(join(dir, name), html)
      return `http://127.0.0.1:${port}/${name}`
    }
    const server = createServer((request, response) => {
      const file = join(dir, request.url ?? '')
      response.writeHead(existsSync(file) ? 200 : 500, { 'content-type': 'text/html' })
      response.end(existsSync(file) ? readFileSync(file) : 'oops')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const broken = page('broken.html', '<p>hi</p><script>console.error("boom 7"); null.x</script>')
    const open = async (url: string, more: object = {}) => {
      const { verdict, reason } = await look({ kind: 'browser', url, ...more }, dir, { limitMs: 8000 })
      return `${verdict}: ${reason.replace(/http\S+\//, '')}`
    }
    const seen = await Promise.all([
      open(page('blank.html', '<html></html>')),
      open(broken),
      open(broken, { allowConsole: ['boom \\d', 'uncaught'], contains: 'bye' }),
      open(`http://127.0.0.1:${port}/none.html`),
    ])
    expect(seen).toEqual([
      'vacuous: blank.html opened, but the page is blank',
      expect.stringMatching(/^fail: broken\.html wrote 2 errors to the console, first: (?:boom 7|uncaught)/),
      'fail: "bye" is not seen on broken.html',
      'fail: none.html answered 500',
    ])
  },
)

test('without a browser on the machine the verdict is an error that says what to do', async () => {
  const env = { PATH: tempFolder(), CHROMIUM_BIN: '/nowhere/chromium' }
  const outcome = await look({ kind: 'browser', url: 'http://127.0.0.1:9/' }, tempFolder(), { env })
  expect(outcome).toMatchObject({ verdict: 'error', reason: expect.stringContaining('CHROMIUM_BIN') })
})
