import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandCheckSpec } from '@agentproxy/plugin'
import { z } from 'zod'
import { SupervisorError } from '../supervisor-error.ts'

const DEFAULT_TIMEOUT_MS = 600_000
const NPM_PLACEHOLDER = 'no test specified'

const checkSchema = z
  .strictObject({
    name: z.string().min(1).optional(),
    kind: z.literal('command').default('command'),
    command: z.string().trim().min(1),
    required: z.boolean().default(true),
    timeoutMs: z.number().int().positive().default(DEFAULT_TIMEOUT_MS),
  })
  .transform((check): CommandCheckSpec => ({ ...check, name: check.name ?? check.command }))

const checksSchema = z.union([
  z.array(z.union([z.string().trim().min(1).transform(commandCheck), checkSchema])),
  z
    .strictObject({
      checks: z.array(z.union([z.string().trim().min(1).transform(commandCheck), checkSchema])),
    })
    .transform((file) => file.checks),
])

/** A required check that runs one shell command line, named after it. */
export function commandCheck(command: string): CommandCheckSpec {
  return { name: command, kind: 'command', command, required: true, timeoutMs: DEFAULT_TIMEOUT_MS }
}

/**
 * Checks from an already parsed document: a list, or `{ checks: [...] }`, of command lines or `{ name, command, required,
 * timeoutMs }`. `source` names the document in the error. Throws `CHECKS_INVALID`.
 */
export function parseChecks(value: unknown, source: string): readonly CommandCheckSpec[] {
  const parsed = checksSchema.safeParse(value)
  if (!parsed.success) {
    throw new SupervisorError(
      'CHECKS_INVALID',
      `The checks in ${source} are not valid:\n${z.prettifyError(parsed.error)}`,
      parsed.error,
    )
  }
  const names = parsed.data.map((check) => check.name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new SupervisorError(
      'CHECKS_INVALID',
      `Two checks in ${source} are named ${twice}. Give each its own name.`,
    )
  return parsed.data
}

/** The same from a JSON file. Throws `CHECKS_INVALID`, also when the file cannot be read. */
export async function loadChecksFile(file: string): Promise<readonly CommandCheckSpec[]> {
  try {
    return parseChecks(JSON.parse(await readFile(file, 'utf8')), file)
  } catch (error) {
    if (SupervisorError.is(error)) throw error
    throw new SupervisorError(
      'CHECKS_INVALID',
      `The checks file ${file} cannot be read as JSON: ${(error as Error).message}`,
      error,
    )
  }
}

/** The test commands a project shows by its files: npm, pytest, go, cargo, make. Nothing is run. */
export async function detectChecks(workingDir: string): Promise<readonly CommandCheckSpec[]> {
  const found: string[] = []
  if (await hasNpmTest(workingDir)) found.push('npm test')
  if (await hasPytest(workingDir)) found.push('pytest')
  if (await exists(join(workingDir, 'go.mod'))) found.push('go test ./...')
  if (await exists(join(workingDir, 'Cargo.toml'))) found.push('cargo test')
  // A Makefile usually wraps one of the others.
  if (found.length === 0 && /^test:/m.test(await textOf(join(workingDir, 'Makefile'))))
    found.push('make test')
  return found.map(commandCheck)
}

async function hasNpmTest(workingDir: string): Promise<boolean> {
  const manifest = z.object({ scripts: z.object({ test: z.string() }) })
  try {
    const parsed = manifest.safeParse(JSON.parse(await textOf(join(workingDir, 'package.json'))))
    return (
      parsed.success &&
      parsed.data.scripts.test.trim() !== '' &&
      !parsed.data.scripts.test.includes(NPM_PLACEHOLDER)
    )
  } catch {
    return false
  }
}

async function hasPytest(workingDir: string): Promise<boolean> {
  if (await exists(join(workingDir, 'pytest.ini'))) return true
  if (await exists(join(workingDir, 'conftest.py'))) return true
  if (/^\[tool\.pytest/m.test(await textOf(join(workingDir, 'pyproject.toml')))) return true
  return /^\[tool:pytest\]/m.test(await textOf(join(workingDir, 'setup.cfg')))
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
