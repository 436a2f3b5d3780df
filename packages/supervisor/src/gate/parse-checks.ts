import type { CheckSpec, CommandCheckSpec } from '@agentproxy/plugin'
import { z } from 'zod'
import { SupervisorError } from '../supervisor-error.ts'
import { DEFAULT_TIMEOUT_MS, checkSchema, named } from './check-schema.ts'

/** A required check that runs one shell command line, named after it. */
export function commandCheck(command: string): CommandCheckSpec {
  return { name: command, kind: 'command', command, required: true, timeoutMs: DEFAULT_TIMEOUT_MS }
}

/**
 * Checks from an already parsed document: a list, or `{ checks: [...] }`, of command lines or checks as
 * `checksJsonSchema` says. `source` names the document in the error. Throws `CHECKS_INVALID`.
 */
export function parseChecks(value: unknown, source: string): readonly CheckSpec[] {
  const entries = listIn(value, source)
  const checks = entries.map((entry, at) => {
    if (typeof entry === 'string' && entry.trim() !== '') return commandCheck(entry.trim())
    const parsed = checkSchema.safeParse(entry)
    if (parsed.success) return named(parsed.data)
    const problem = `Check ${at + 1} in ${source} is not valid:\n${z.prettifyError(parsed.error)}`
    throw new SupervisorError('CHECKS_INVALID', problem, parsed.error)
  })
  const names = checks.map((check) => check.name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new SupervisorError(
      'CHECKS_INVALID',
      `Two checks in ${source} are named ${twice}. Give each its own name.`,
    )
  return checks
}

function listIn(value: unknown, source: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'object' && value !== null && 'checks' in value && Array.isArray(value.checks)) {
    const other = Object.keys(value).find((key) => key !== 'checks')
    if (other === undefined) return value.checks
    throw new SupervisorError('CHECKS_INVALID', `${source}: there is no setting ${other} beside \`checks\`.`)
  }
  const expected = 'Expected a list of checks, or `checks:` with a list.'
  throw new SupervisorError('CHECKS_INVALID', `The checks in ${source} are not valid: ${expected}`)
}
