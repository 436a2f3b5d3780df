// Shows on a clean clone, with Node and npm alone, what agentproxy does: it accepts a task that is proved done, and does
// not accept one that is only claimed to be. Everything happens in a temporary folder; no key, no model, no cost.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build, ensureInstalled, root, run } from './setup.mjs'

const pa = path.join(root, 'packages/cli/bin/pa.js')
const EXIT_FAILED = 10
const EXIT_STUCK = 11
const EXIT_INTERRUPTED = 130

const say = (text = '') => process.stdout.write(`${text}\n`)
const title = (text) => say(`\n=== ${text} ===\n`)

function mustRun(command, args, options) {
  const code = run(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${code}`)
}

/** A copy of the sample project in a git repository of its own. */
function sampleProject(folder) {
  cpSync(path.join(root, 'examples/sample-project'), folder, { recursive: true })
  const git = (...args) =>
    mustRun(
      'git',
      ['-c', 'user.name=Demo', '-c', 'user.email=demo@localhost', '-c', 'commit.gpgsign=false', ...args],
      {
        cwd: folder,
      },
    )
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '-m', 'A project with one failing test')
  return folder
}

/** Our own settings must not change what the demo shows, and the demo must not touch our state. */
function demoEnvironment(scratch) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AGENTPROXY_|NODE_TEST_|(ENABLED_|DISABLED_)?PLUGINS)/.test(name),
  )
  return {
    ...Object.fromEntries(kept),
    AGENTPROXY_HOME: path.join(scratch, 'state'),
    XDG_CONFIG_HOME: path.join(scratch, 'config'),
  }
}

function runTask(options) {
  const { session, model, folder, env } = options
  const args = [pa, 'make the failing test pass', '-s', session, '-d', folder]
  const flags = ['--agent', 'builtin', '--model', model, '--check', 'npm test']
  say(`$ pa "make the failing test pass" -d ${folder} ${flags.join(' ').replace('npm test', '"npm test"')}\n`)
  const code = run(process.execPath, [...args, ...flags], { env })
  if (code === EXIT_INTERRUPTED) throw new Error('interrupted')
  return code
}

function outcomeOf(session, env) {
  const { stdout } = spawnSync(process.execPath, [pa, 'list', '--json'], { env, encoding: 'utf8' })
  const records = stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return records.find(({ id }) => id === session)?.outcome ?? 'unknown'
}

function showAccepted(env, scratch) {
  title('1. An agent that does the work')
  const folder = sampleProject(path.join(scratch, 'fixed'))
  const code = runTask({ session: 'demo-fix', model: 'simulator/fix', folder, env })
  title('What it changed')
  run(process.execPath, [pa, 'diff', 'demo-fix'], { env })
  title('What proves it')
  run(process.execPath, [pa, 'evidence', 'demo-fix'], { env })
  const report = path.join(tmpdir(), 'agentproxy-demo-evidence.html')
  mustRun(process.execPath, [pa, 'evidence', 'demo-fix', '--html', report], { env })
  const outcome = outcomeOf('demo-fix', env)
  return {
    ok: code === 0 && outcome === 'done',
    text: `the repaired project: ${outcome}, exit code ${code}`,
    report,
  }
}

function showRefused(env, scratch) {
  title('2. An agent that only says it is done')
  const folder = sampleProject(path.join(scratch, 'claimed'))
  const code = runTask({ session: 'demo-claim', model: 'simulator/claims-done', folder, env })
  const outcome = outcomeOf('demo-claim', env)
  const refused = [EXIT_FAILED, EXIT_STUCK].includes(code) && outcome !== 'done'
  return { ok: refused, text: `the empty claim: ${outcome}, exit code ${code}, not accepted` }
}

function main() {
  say('agentproxy demo. The model is SIMULATED: a script plays it, over real HTTP through the real gateway.')
  say('The agent, its tools, git, the checks and the verdicts are real.')
  ensureInstalled()
  if (build() !== 0) throw new Error('the build failed; its messages are above')
  const scratch = mkdtempSync(path.join(tmpdir(), 'agentproxy-demo-'))
  try {
    mkdirSync(path.join(scratch, 'config'))
    const env = demoEnvironment(scratch)
    const accepted = showAccepted(env, scratch)
    const results = [accepted, showRefused(env, scratch)]
    title('Summary')
    for (const { ok, text } of results) say(`${ok ? '✓' : '✗ NOT AS EXPECTED:'} ${text}`)
    say('\nSimulated: the model’s words. Real: everything else. Cost: none.')
    say(`All of the first task on one page, the only file left behind: ${accepted.report}`)
    say('Next: node packages/cli/bin/pa.js --help, or README.md.')
    return results.every(({ ok }) => ok) ? 0 : 1
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

// Ctrl-C reaches the running command too; it ends by itself, and then the temporary folder is removed here.
process.on('SIGINT', () => {})
try {
  process.exitCode = main()
} catch (error) {
  process.stderr.write(`The demo could not run: ${error.message}\n`)
  process.exitCode = 1
}
