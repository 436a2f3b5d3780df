// Kills what runs a task with SIGKILL at random moments, and looks whether the log, the files and the processes survive it.
//
//   node scripts/chaos.mjs [--runs 200] [--seed 1] [--state FILE] [--keep]
//
// A run is known by its seed, so a failed one can be looked at again: --seed N --runs 1 --keep. With --state, finished runs are
// written there and are not repeated. Exit code 1 if a run failed. The built commands are used: npm run build.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    state: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})

/** A machine that is busy with other things is slow, not broken. */
const LONGEST_MS = 600_000
const START_MS = 180_000
const SESSION = 'chaos'
const FIXED = 'let index = 0'
const SCENARIO = `name: Chaos
description: Repairs the code between two commands that take their time.
steps:
  - when: { toolResults: 0 }
    then: [{ tool: [{ name: run_command, input: { command: "sleep 0.4" } }] }]
  - when: { toolResults: 1 }
    then: [{ tool: [{ name: edit_file, input: { path: src/sum.js, old_text: "let index = 1", new_text: "let index = 0" } }] }]
  - when: { toolResults: 2 }
    then: [{ tool: [{ name: run_command, input: { command: "sleep 0.4" } }] }]
  - then: [{ text: "[simulated] Done." }]
`

/** mulberry32: small, seeded, good enough to choose moments. */
function random(seed) {
  // Neighbouring seeds begin alike; this takes them apart.
  let state = Math.imul(seed, 0x9e37_79b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

class Home {
  constructor() {
    this.dir = mkdtempSync(path.join(tmpdir(), 'agentproxy-chaos-'))
    this.project = path.join(this.dir, 'project')
    this.started = []
    mkdirSync(path.join(this.dir, 'scenarios'))
    writeFileSync(path.join(this.dir, 'scenarios', 'chaos.yaml'), SCENARIO)
    cpSync(path.join(root, 'examples/sample-project'), this.project, { recursive: true })
  }

  get env() {
    return {
      PATH: process.env.PATH,
      HOME: this.dir,
      AGENTPROXY_HOME: path.join(this.dir, 'state'),
      XDG_CONFIG_HOME: path.join(this.dir, 'config'),
      AGENTPROXY_PLUGINS__PROVIDER_SIMULATOR__SCENARIOS: JSON.stringify([path.join(this.dir, 'scenarios')]),
    }
  }

  start(command, args, cwd = this.project) {
    const child = spawn(command, args, { cwd, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.started.push(child)
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text))
    const done = once(child, 'exit').then(([code, signal]) => ({ code, signal, ...output }))
    return { child, output, done }
  }

  pa(...args) {
    return this.start(process.execPath, [path.join(root, 'packages/cli/bin/pa.js'), ...args])
  }

  async git(...args) {
    const who = ['-c', 'user.name=Chaos', '-c', 'user.email=chaos@localhost']
    const { code, stdout, stderr } = await this.start('git', [...who, ...args]).done
    if (code !== 0) throw new Error(`git ${args[0]}: ${stderr}`)
    return stdout
  }

  source() {
    return readFileSync(path.join(this.project, 'src/sum.js'), 'utf8')
  }

  /** Processes that carry this home in their environment; with `marked` only those of agents and checks. */
  processes(marked) {
    return readdirSync('/proc')
      .filter((name) => {
        if (!/^\d+$/.test(name) || Number(name) === process.pid) return false
        try {
          const environment = readFileSync(`/proc/${name}/environ`, 'latin1')
          return environment.includes(this.dir) && (!marked || environment.includes('AGENTPROXY_PROCESS='))
        } catch {
          return false
        }
      })
      .map(Number)
  }

  dispose() {
    for (const child of this.started)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    for (const pid of this.processes(true)) kill(pid)
    if (!values.keep) rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

function taskArgs(mode) {
  const model = ['--model', 'simulator/chaos', '--check', `grep -q '${FIXED}' src/sum.js`]
  return ['run', 'make the failing test pass', ...model, '--workspace', mode, '-s', SESSION, '--json']
}

/** Whole lines only: what was cut off was not acknowledged. */
function events(stdout) {
  const lines = stdout.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line)).filter((event) => event.type !== 'report')
}

function expect(holds, text, detail) {
  if (!holds)
    throw new Error(detail === undefined ? text : `${text}: ${JSON.stringify(detail).slice(0, 1500)}`)
}

/** Kills `pa` or its agent once, resumes, and checks everything that was promised. */
async function killTask(home, { victim, mode, delayMs }) {
  const before = home.source()
  const run = home.pa(...taskArgs(mode))
  await Promise.race([sleep(delayMs), run.done])
  if (victim === 'pa') run.child.kill('SIGKILL')
  else for (const pid of home.processes(true)) kill(pid)
  const first = await run.done
  const acknowledged = events(first.stdout)
  if (victim === 'agent') expect(first.code !== null, 'pa died with its agent', first)
  const resumed = await home.pa('resume', SESSION, '--json').done
  if (resumed.code === 2 && acknowledged.length === 0) return 'before the session was made'
  if (/ended before it began/.test(resumed.stderr) && acknowledged.length === 0)
    return 'before the task was in the log'
  expect(resumed.code === 0, 'the resumed task is not verified', {
    ...resumed,
    stdout: resumed.stdout.slice(-800),
  })
  const log = events((await home.pa('show', SESSION, '--json').done).stdout)
  expect(
    log.every((event, index) => event.seq === index + 1),
    'the log has a gap',
    log.map((event) => event.seq),
  )
  for (const event of [...acknowledged, ...events(resumed.stdout)]) {
    const kept = log[event.seq - 1]
    expect(JSON.stringify(kept) === JSON.stringify(event), 'an acknowledged event is lost', event)
  }
  expect(
    log.filter((event) => event.type === 'task.finished').at(-1)?.outcome === 'done',
    'the last end is not done',
  )
  await checkFiles(home, mode, before)
  const left = home.processes(false)
  expect(left.length === 0, 'processes are left', left)
  return `after ${acknowledged.length} of ${log.length} events`
}

async function checkFiles(home, mode, before) {
  if (mode === 'in-place') return expect(home.source().includes(FIXED), 'the file is not repaired')
  expect(home.source() === before, 'a private task changed the folder')
  const applied = await home.pa('apply', SESSION).done
  expect(applied.code === 0 && home.source().includes(FIXED), 'the result cannot be applied', applied)
  const cleaned = await home.pa('clean', SESSION).done
  expect(cleaned.code === 0, 'the private folder cannot be removed', cleaned)
  const worktrees = (await home.git('worktree', 'list')).trim().split('\n')
  expect(worktrees.length === 1, 'a worktree is left', worktrees)
  expect((await home.git('branch', '--list', 'agentproxy/*')) === '', 'a branch is left')
}

/** Kills a gateway amid calls; the next one must serve, with every call it had answered in its books. */
async function killGateway(home, { delayMs }) {
  const first = await serve(home)
  let answered = 0
  const calls = (async () => {
    for (;;) {
      if ((await call(first).catch(() => 0)) !== 200) return
      answered += 1
    }
  })()
  await sleep(delayMs)
  first.child.kill('SIGKILL')
  await Promise.all([calls, first.done])
  const second = await serve(home)
  expect((await call(second)) === 200, 'the next gateway does not answer')
  second.child.kill('SIGTERM')
  const ended = await second.done
  expect(ended.code === 0, 'the next gateway does not end well', ended)
  const usage = JSON.parse((await home.pa('usage', '--by', 'model', '--json').done).stdout.split('\n')[0])
  expect(usage !== null, 'the books cannot be read')
  const left = home.processes(false)
  expect(left.length === 0, 'processes are left', left)
  return `after ${answered} answers`
}

async function serve(home) {
  const server = home.start(process.execPath, [
    path.join(root, 'packages/cli/bin/agentproxy.js'),
    'serve',
    '--port',
    '0',
    '--json',
  ])
  const until = Date.now() + START_MS
  while (!server.output.stdout.includes('\n')) {
    expect(Date.now() < until && server.child.exitCode === null, 'the gateway does not start', server.output)
    await sleep(20)
  }
  const { url } = JSON.parse(server.output.stdout.split('\n')[0])
  const token = readFileSync(path.join(home.dir, 'state', 'token'), 'utf8').trim()
  return { ...server, url, token }
}

async function call({ url, token }) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ model: 'simulator/fix', messages: [{ role: 'user', content: 'hello' }] }),
  })
  await response.text()
  return response.status
}

const VICTIMS = ['pa', 'pa', 'pa', 'agent', 'agent', 'gateway']
const MODES = ['in-place', 'in-place', 'worktree', 'clone']

async function chaosRun(seed, longestMs) {
  const dice = random(seed)
  const pick = (list) => list[Math.floor(dice() * list.length)]
  const plan = { victim: pick(VICTIMS), mode: pick(MODES), delayMs: Math.round(dice() * longestMs) }
  const home = new Home()
  const limit = new AbortController()
  try {
    await home.git('init', '--quiet')
    await home.git('add', '.')
    await home.git('commit', '--quiet', '-m', 'start')
    const work = plan.victim === 'gateway' ? killGateway(home, plan) : killTask(home, plan)
    const late = sleep(LONGEST_MS, undefined, { signal: limit.signal }).then(() => {
      throw new Error(`not finished within ${LONGEST_MS / 1000} s`)
    })
    late.catch(() => {})
    return { seed, ...plan, ok: true, note: await Promise.race([work, late]) }
  } catch (error) {
    return { seed, ...plan, ok: false, note: error.message, ...(values.keep && { home: home.dir }) }
  } finally {
    limit.abort()
    home.dispose()
  }
}

/** How long a task takes here when nobody kills anything. */
async function measure() {
  const home = new Home()
  try {
    const startedAt = performance.now()
    const { code, stderr } = await home.pa(...taskArgs('in-place')).done
    expect(code === 0, 'a task that nobody disturbs fails', stderr)
    return performance.now() - startedAt
  } finally {
    home.dispose()
  }
}

function finishedBefore() {
  if (values.state === undefined || !existsSync(values.state)) return new Map()
  const rows = readFileSync(values.state, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return new Map(rows.map((row) => [row.seed, row]))
}

const known = finishedBefore()
const first = Number(values.seed)
const longestMs = await measure()
console.log(`a task takes ${(longestMs / 1000).toFixed(1)} s here; killing within that`)
const failed = []
for (let seed = first; seed < first + Number(values.runs); seed += 1) {
  const row = known.get(seed) ?? (await chaosRun(seed, longestMs))
  if (!known.has(seed) && values.state !== undefined) appendFileSync(values.state, `${JSON.stringify(row)}\n`)
  if (!row.ok) failed.push(row)
  const plan = `${row.victim.padEnd(7)} ${row.mode.padEnd(8)} at ${String(row.delayMs).padStart(5)} ms`
  console.log(
    `${String(seed).padStart(4)}  ${row.ok ? 'ok  ' : 'FAIL'}  ${plan}  ${row.note}${row.home ? ` (${row.home})` : ''}`,
  )
}
console.log(
  `${values.runs} runs, ${failed.length} failed${failed.length === 0 ? '' : `: seeds ${failed.map((row) => row.seed).join(', ')}`}`,
)
process.exit(failed.length === 0 ? 0 : 1)
