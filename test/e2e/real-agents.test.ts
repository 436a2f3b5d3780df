import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WireFormat } from '@agentproxy/plugin'
import { openStore } from '@agentproxy/store'
import type { ExchangeRecord, Store } from '@agentproxy/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claude, codex, codexBuiltin, findCommand, geminiCli, opencode } from './agent-clis.ts'
import type { AgentCli, Gateway } from './agent-clis.ts'
import type { Bench } from './bench.ts'
import { createBench, jsonLines, processesWith } from './bench.ts'

// Real agents do a real task through our gateway on a model of another format than theirs. The model is the simulator
// behind a second gateway, so that the first one calls it as it would call the vendor. Nothing leaves this machine.

/** Providers of the first gateway: each has one format only. */
const providers: Readonly<Record<WireFormat, string>> = {
  anthropic: 'anthropic',
  'openai-chat': 'chat',
  'openai-responses': 'responses',
  gemini: 'gemini',
}

const pairs: readonly (readonly [AgentCli, WireFormat])[] = [
  [claude, 'openai-chat'],
  [claude, 'openai-responses'],
  [claude, 'gemini'],
  [codex, 'anthropic'],
  [codex, 'openai-chat'],
  [codex, 'gemini'],
  [codexBuiltin, 'anthropic'],
  [geminiCli, 'anthropic'],
  [geminiCli, 'openai-chat'],
  [geminiCli, 'openai-responses'],
  [opencode('openai-chat'), 'anthropic'],
  [opencode('anthropic'), 'gemini'],
  [opencode('openai-responses'), 'openai-chat'],
  [opencode('gemini'), 'openai-responses'],
]

/** Nobody listens there: what an agent asks of the world outside fails at once. */
const NOWHERE = 'http://127.0.0.1:9'
const AGENT_TIMEOUT_MS = 120_000
const SOON = { timeout: 20_000 }
/** What the scenario needs: four tool calls and the last words. */
const FEWEST_EXCHANGES = 5
/** More than this is an agent that goes round in circles. */
const MOST_EXCHANGES = 8

let vendor: Bench
let bench: Bench
let gateway: Gateway
let store: Store

beforeAll(async () => {
  vendor = await createBench()
  bench = await createBench()
  await vendor.write('config/agentproxy/config.yaml', 'models: { gpt-5.5: simulator/fix }\n')
  const upstream = await listen(vendor, {})
  await bench.write(
    'config/agentproxy/config.yaml',
    `plugins:
  provider-anthropic: { baseUrl: "${upstream.url}" }
  provider-gemini: { baseUrl: "${upstream.url}/v1beta" }
  provider-openai:
    servers:
      - { name: chat, baseUrl: "${upstream.url}/v1", apiKeyEnv: OPENAI_API_KEY }
      - { name: responses, baseUrl: "${upstream.url}/v1", apiKeyEnv: OPENAI_API_KEY, formats: [openai-responses] }
`,
  )
  gateway = await listen(bench, {
    ANTHROPIC_API_KEY: upstream.token,
    OPENAI_API_KEY: upstream.token,
    GEMINI_API_KEY: upstream.token,
  })
  store = await openStore({ path: path.join(bench.home, 'state/agentproxy.db') })
})
afterAll(async () => {
  await store?.close()
  await Promise.all([bench?.dispose(), vendor?.dispose()])
})

async function listen(on: Bench, env: Record<string, string>): Promise<Gateway> {
  const running = on.start(['serve', '--port', '0', '--json'], { bin: 'agentproxy', env })
  const { url } = JSON.parse(await running.line((line) => line.includes('"listening"'))) as { url: string }
  return { url, token: (await on.command(['token'], { bin: 'agentproxy' })).stdout.trim() }
}

describe('real agents on a model of another format', () => {
  for (const [cli, upstream] of pairs) {
    const missing = findCommand(cli) === null
    const why = ` (skipped: ${cli.variable} is not set and ${cli.command} is not on the PATH)`
    const title = `${cli.name} repairs the sample on a model that speaks ${upstream}${missing ? why : ''}`
    test.skipIf(missing)(title, () => repairs(cli, upstream))
  }
})

async function repairs(cli: AgentCli, upstream: WireFormat): Promise<void> {
  expect(cli.format).not.toBe(upstream)
  const before = new Set((await recorded()).map(({ id }) => id))
  const agent = await runAgent(cli, modelFor(cli, upstream))

  expect(agent, agent.stderr).toMatchObject({ code: 0, leftBehind: [] })
  expect(await readFile(path.join(agent.project, 'src/sum.js'), 'utf8')).toContain('let index = 0')
  const told = cli.read(jsonLines(agent.stdout))
  expect(told.message).toMatch(/^\[simulated\] Done: the loop in src\/sum\.js/)
  // Two files read, one changed, the tests run.
  expect(told.tools).toHaveLength(4)
  expect(Math.min(told.inputTokens, told.outputTokens)).toBeGreaterThan(0)

  const since = async () => (await recorded()).filter(({ id }) => !before.has(id))
  // The last one is written down a moment after its answer.
  await expect.poll(async () => (await since()).length, SOON).toBeGreaterThanOrEqual(FEWEST_EXCHANGES)
  const exchanges = await since()
  expect(exchanges.length).toBeLessThanOrEqual(MOST_EXCHANGES)
  for (const exchange of exchanges) {
    expect(exchange).toMatchObject({
      outcome: 'completed',
      status: 200,
      clientFormat: cli.format,
      upstreamFormat: upstream,
      provider: providers[upstream],
    })
    expect(exchange.inputTokens).toBeGreaterThan(0)
    expect(exchange.outputTokens).toBeGreaterThan(0)
  }
}

/** Codex offers its patch tool, which takes plain text, to models whose names it knows. */
function modelFor(cli: AgentCli, upstream: WireFormat): string {
  return `${providers[upstream]}/${cli.variable === 'CODEX_BIN' ? 'gpt-5.5' : 'simulator/fix'}`
}

const guide = await readFile(new URL('../../docs/guides/clients.md', import.meta.url), 'utf8')
const documents = [...guide.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(
  ([, text = '']) => JSON.parse(text) as unknown,
)

test.each([claude, codex, codexBuiltin, geminiCli, opencode('openai-chat')])(
  'the guide has the variables and files $name is run with here',
  (cli) => {
    const { env, files } = cli.setUp({ url: 'http://127.0.0.1:8000', token: '' }, 'simulator/fix', '')
    expect(Object.keys(env).filter((name) => !guide.includes(name))).toEqual([])
    for (const [name, text] of Object.entries(files)) {
      expect(guide).toContain(`~/${name}`)
      if (name.endsWith('.json')) expect(documents).toContainEqual(JSON.parse(text))
      else expect(guide).toContain(`\`\`\`toml\n${text}\`\`\``)
    }
  },
)

const recorded = (): Promise<readonly ExchangeRecord[]> => store.exchanges.list({ limit: 1_000 })

interface Ran {
  readonly project: string
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Processes of the agent that outlived it. */
  readonly leftBehind: readonly number[]
}

let runs = 0

/** Runs the agent in a home and a project of its own, and ends whatever it leaves. */
async function runAgent(cli: AgentCli, model: string): Promise<Ran> {
  const folder = path.join(bench.home, `run-${++runs}`)
  const [home, project, temp] = [
    path.join(folder, 'home'),
    path.join(folder, 'project'),
    path.join(folder, 'tmp'),
  ]
  const { files, env, args } = cli.setUp(gateway, model, 'make the failing test pass')
  await mkdir(temp, { recursive: true })
  await cp(bench.project, project, { recursive: true })
  await mkdir(home)
  for (const [name, text] of Object.entries(files)) await bench.write(path.join(home, name), text)
  const child = spawn(findCommand(cli) ?? cli.command, args, {
    cwd: project,
    env: { ...bareEnvironment(home, temp), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: AGENT_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'exit')) as [number | null]
  const leftBehind = await stillRunning(`HOME=${home}\0`)
  for (const pid of leftBehind) process.kill(pid, 'SIGKILL')
  if (!child.stdout.readableEnded) await once(child.stdout, 'end')
  return { project, code, stdout, stderr, leftBehind }
}

function bareEnvironment(home: string, temp: string): Record<string, string> {
  return {
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
    HOME: home,
    TMPDIR: temp,
    TERM: 'xterm-256color',
    HTTP_PROXY: NOWHERE,
    HTTPS_PROXY: NOWHERE,
    NO_PROXY: '127.0.0.1',
  }
}

/** Processes with this in their environment that do not end within five seconds. */
async function stillRunning(mark: string): Promise<readonly number[]> {
  for (let left = 50; ; left--) {
    const pids = await processesWith(mark)
    if (pids.length === 0 || left === 0) return pids
    await sleep(100)
  }
}
