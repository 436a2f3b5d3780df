import { expect, test } from 'vitest'
import { tempFolder } from '../testing/temp-folder.ts'
import { detectChecks } from './detect-checks.ts'

const scripts = (all: object, more: object = {}) => JSON.stringify({ scripts: all, ...more })
const NODE = scripts({ test: 'vitest run' })
const POM = { 'pom.xml': '<project/>' }
const UNITTEST = 'import unittest\n'

test.each<[string, Record<string, string>, string, string]>([
  ['npm', { 'package.json': NODE }, 'npm test', 'the script test in package.json'],
  ['pnpm', { 'package.json': NODE, 'pnpm-lock.yaml': '' }, 'pnpm test', '…, with pnpm-lock.yaml'],
  ['yarn', { 'package.json': NODE, 'yarn.lock': '' }, 'yarn test', '…, with yarn.lock'],
  ['bun', { 'package.json': NODE, 'bun.lock': '' }, 'bun run test', '…, with bun.lock'],
  [
    'a declared manager before a left-over lock',
    { 'package.json': scripts({ test: 'x' }, { packageManager: 'pnpm@10.1.0' }), 'package-lock.json': '{}' },
    'pnpm test',
    '…, whose packageManager is pnpm',
  ],
  [
    'pytest',
    { 'pyproject.toml': '[tool.pytest.ini_options]\n' },
    'pytest',
    '[tool.pytest] in pyproject.toml',
  ],
  [
    'pytest asked for',
    { 'requirements.txt': 'requests\npytest==9\n' },
    'pytest',
    'pytest in requirements.txt',
  ],
  [
    'pytest under uv',
    { 'pyproject.toml': 'dependencies = ["pytest>=8"]', 'uv.lock': '' },
    'uv run pytest',
    'pytest among the dependencies in pyproject.toml',
  ],
  ['unittest', { 'test_a.py': UNITTEST }, 'python3 -m unittest discover', 'test_a.py imports unittest'],
  [
    'unittest in a folder',
    { 'tests/test_a.py': UNITTEST },
    'python3 -m unittest discover -s tests -t .',
    'tests/test_a.py imports unittest',
  ],
  ['tox', { 'tox.ini': '[tox]\n' }, 'tox', 'tox.ini'],
  ['nox', { 'noxfile.py': '' }, 'nox', 'noxfile.py'],
  ['go', { 'go.mod': 'module x\n' }, 'go test ./...', 'go.mod'],
  ['cargo', { 'Cargo.toml': '' }, 'cargo test', 'Cargo.toml'],
  ['maven', POM, 'mvn -B test', 'pom.xml'],
  ['maven, wrapped', { ...POM, mvnw: '' }, './mvnw -B test', 'pom.xml, with mvnw'],
  ['gradle', { 'build.gradle.kts': '' }, 'gradle test', 'build.gradle.kts'],
  ['gradle, wrapped', { 'build.gradle': '', gradlew: '' }, './gradlew test', 'build.gradle, with gradlew'],
  ['make', { Makefile: 'test: all\n\ttrue\n' }, 'make test', 'the target test in Makefile'],
  [
    'just',
    { justfile: 'build:\n  true\ntest filter="":\n  true\n' },
    'just test',
    'the recipe test in justfile',
  ],
])('%s', async (_name, files, command, because) => {
  const { checks } = await detectChecks(tempFolder(files))
  const why = because.replace('…', 'the script test in package.json')
  expect(checks).toEqual([expect.objectContaining({ command, because: why, required: true })])
})

test.each<[string, Record<string, string>]>([
  ['nothing', {}],
  [
    'the placeholder of npm',
    { 'package.json': scripts({ test: 'echo "Error: no test specified" && exit 1' }) },
  ],
  ['no JSON', { 'package.json': 'not json' }],
  ['a variable of make', { Makefile: 'test := 1\n' }],
  ['a plugin of pytest', { 'requirements.txt': 'pytest-cov\n' }],
  ['packages further down', { 'packages/a/package.json': NODE }],
])('%s is no check', async (_name, files) => {
  expect((await detectChecks(tempFolder(files))).checks).toEqual([])
})

test('every language at the root counts; a Makefile beside them wraps one of them', async () => {
  const files = { 'package.json': NODE, 'go.mod': '', Makefile: 'test:\n\ttrue\n' }
  const { checks } = await detectChecks(tempFolder(files))
  expect(checks.map((check) => check.command)).toEqual(['npm test', 'go test ./...'])
})

test('scripts for types, lint and build are suggested, not run', async () => {
  const manifest = scripts({ test: 'x', lint: 'eslint', build: 'tsc', dev: 'vite' })
  const { checks, suggestions } = await detectChecks(
    tempFolder({ 'package.json': manifest, 'pnpm-lock.yaml': '' }),
  )
  expect(checks).toHaveLength(1)
  expect(suggestions.map(({ command }) => command)).toEqual(['pnpm run lint', 'pnpm run build'])
})
