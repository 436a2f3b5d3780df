// `npm test`: installs what is missing, then build, format, lint, types, dead code, packages, unit and end-to-end tests.
// Ends with one line, `N passed, N failed`. Options: --node 24 runs all of it on another Node from npm.
import { mkdtempSync, mkdirSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, ensureInstalled, root, run, tool } from './setup.mjs'

const args = process.argv.slice(2)
const node = args.includes('--node') ? args[args.indexOf('--node') + 1] : null
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : null
if (args.includes('--help')) {
  console.log(
    'npm test [-- --node MAJOR] [--only STAGE]\n\n  --node 24     run everything on that Node, fetched from npm into .cache\n  --only tests  run one stage: build, format, lint, types, unused, packages, tests',
  )
  process.exit(0)
}

if (node !== null) process.exit(runOnNode(node))

try {
  ensureInstalled()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

let passed = 0
let failed = 0
let skipped = 0

stage('build', () => build())
stage('format', () => runTool('oxfmt', ['--check', '.']))
stage('lint', () => runTool('oxlint', ['--type-aware', '--deny-warnings']))
stage('types', () => runTool('typescript', ['-p', 'tsconfig.test.json'], 'tsc'))
stage('unused', () => runTool('knip', []))
stage(
  'packages',
  () =>
    workspaces()
      .map((path) => runTool('publint', ['run', path, '--strict', '--pack', 'false']))
      .find((code) => code !== 0) ?? 0,
)
if (only === null || only === 'tests') countTests()

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed === 0 ? 0 : 1)

function stage(name, body) {
  if (only !== null && only !== name) return
  console.log(`\n== ${name}`)
  if (body() === 0) passed += 1
  else {
    failed += 1
    console.log(`${name}: FAILED`)
  }
}

function runTool(packageName, toolArgs, binary) {
  return run(process.execPath, [tool(packageName, binary), ...toolArgs])
}

function workspaces() {
  return ['packages', 'plugins'].flatMap((room) =>
    readdirSync(join(root, room))
      .filter((name) => existsSync(join(root, room, name, 'package.json')))
      .map((name) => join(room, name)),
  )
}

function countTests() {
  console.log('\n== tests')
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-test-'))
  const report = join(folder, 'report.json')
  const code = runTool('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    passed += result.numPassedTests
    failed +=
      result.numFailedTests +
      result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
        .length
    skipped += result.numPendingTests + result.numTodoTests
  }
  // A run that broke outside any test (an unhandled rejection, a crash) counts as a failure too.
  if (code !== 0 && failed === 0) failed += 1
  rmSync(folder, { recursive: true, force: true })
}

function runOnNode(major) {
  const folder = join(root, '.cache', `node-${major}`)
  const packageName = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const binary = join(folder, 'node_modules', packageName, 'bin', 'node')
  if (!existsSync(binary)) {
    console.log(`Fetching Node ${major} (${packageName}@${major})...`)
    mkdirSync(folder, { recursive: true })
    const code = run('npm', [
      'install',
      '--no-save',
      '--prefix',
      folder,
      '--no-audit',
      '--no-fund',
      `${packageName}@${major}`,
    ])
    if (code !== 0) return code
  }
  const rest = args.filter((_, index) => args[index] !== '--node' && args[index - 1] !== '--node')
  return run(binary, [join(root, 'scripts', 'test.mjs'), ...rest], {
    env: { ...process.env, PATH: `${join(binary, '..')}:${process.env.PATH}` },
  })
}
