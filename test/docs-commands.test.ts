import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesEnding, root } from './repository.ts'

// Every line of every ```sh block in the docs is a promise. Ours are run here, as written, in a folder that has what the
// text speaks of: ./my-project, a copy of the sample project, and ./examples.

/** Commands that install or run everything, this file included: continuous integration itself runs these. */
const RUN_BY_CI = [
  /^npm install$/,
  /^npm run build$/,
  /^npm run demo$/,
  /^npm test( -- .*)?$/,
  /^npm run bench( -- .*)?$/,
  /^npm run format$/,
]

interface Command {
  readonly line: string
  readonly page: string
}

const commands: readonly Command[] = filesEnding(root, '.md').flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap((match) => (match[1] ?? '').split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ line, page: relative(root, page) })),
)
const ours = commands.filter(({ line }) => !RUN_BY_CI.some((known) => known.test(line)))

let folder = ''
let env: NodeJS.ProcessEnv = {}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentproxy-docs-'))
  mkdirSync(join(folder, 'config/agentproxy'), { recursive: true })
  // The documented default port may be taken on this machine; the command stays as it is written.
  writeFileSync(join(folder, 'config/agentproxy/config.yaml'), 'server: { port: 0 }\n')
  env = {
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    AGENTPROXY_HOME: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    NO_COLOR: '1',
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('commands in the docs', () => {
  test('are all either ours or run by continuous integration', () => {
    const scripts = (
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    ).scripts
    const named = commands.flatMap(({ line }) => /^npm (?:run )?(\w+)/.exec(line)?.[1] ?? [])
    expect(named.filter((name) => name !== 'install' && !(name in scripts))).toEqual([])
    expect(
      ours.filter(
        ({ line }) => !/^([A-Z_]+=\S+ )*npx (pa|agentproxy|@agentproxy\/plugin-testing) /.test(line),
      ),
    ).toEqual([])
  })

  test.each(ours)('$line ($page)', { timeout: 120_000 }, async ({ line, page }) => {
    const cwd = folderOf(page)
    rmSync(join(cwd, 'my-project'), { recursive: true, force: true })
    cpSync(join(root, 'examples/sample-project'), join(cwd, 'my-project'), { recursive: true })
    const child = spawn('bash', ['-c', `exec env ${line.replace(/npx (@agentproxy\/)?/, '')}`], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = collect(child)
    if (line.endsWith(' serve')) await stopOnceListening(child, output)
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code, output()).toBe(0)
  })

  test('the documented bins exist', () => {
    for (const bin of ['pa', 'agentproxy', 'pa-server'])
      expect(existsSync(join(root, 'packages/cli/bin', `${bin}.js`))).toBe(true)
  })
})

/** Each page has a folder of its own, in which its lines follow one another. */
function folderOf(page: string): string {
  const own = join(folder, page.replaceAll(/\W+/g, '-'))
  if (!existsSync(own)) {
    mkdirSync(own)
    symlinkSync(join(root, 'examples'), join(own, 'examples'))
  }
  return own
}

function collect(child: ChildProcess): () => string {
  let text = ''
  const add = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return () => text
}

async function stopOnceListening(child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!/http:\/\/127\.0\.0\.1:\d+/.test(output())) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`serve did not start: ${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGTERM')
}
