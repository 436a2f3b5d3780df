import type { CheckSpec } from '@agentproxy/plugin'
import { z } from 'zod'

/** Milliseconds a check may take unless it says otherwise. */
export const DEFAULT_TIMEOUT_MS = 600_000

const text = z.string().trim().min(1)
const pattern = text.refine(isPattern, { error: 'This is not a regular expression.' })
const globs = z.array(text).default([])
const count = z.number().int().positive()
const url = z.url({ protocol: /^https?$/, error: 'Expected an http or https URL.' })
const start = text
  .nullable()
  .default(null)
  .describe('A shell command that starts the server for this check; it is ended afterwards.')

const rules = {
  name: text.optional().describe('Shown to people; by default what the check does.'),
  required: z.boolean().default(true).describe('Only required checks decide whether a task is done.'),
  timeoutMs: count.default(DEFAULT_TIMEOUT_MS),
  parallel: z.boolean().optional().describe('May run beside others that say so too.'),
  reruns: z.number().int().min(0).max(10).optional().describe('How often a failed run is tried again.'),
  flaky: z.enum(['block', 'tell']).optional(),
  knownFailing: z.enum(['block', 'tell']).optional(),
  maxOutputBytes: count.optional(),
}

const command = z.strictObject({ ...rules, kind: z.literal('command').default('command'), command: text })

const file = z.strictObject({
  ...rules,
  kind: z.literal('file'),
  path: text.describe('Relative to the working directory.'),
  absent: z.boolean().default(false),
  contains: text.nullable().default(null),
  matches: pattern.nullable().default(null),
})

const http = z.strictObject({
  ...rules,
  kind: z.literal('http'),
  url,
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
  status: z.array(z.number().int().min(100).max(599)).default([]),
  contains: text.nullable().default(null),
  start,
})

const browser = z.strictObject({
  ...rules,
  kind: z.literal('browser'),
  url,
  start,
  waitFor: text.nullable().default(null).describe('CSS selector of an element that must become visible.'),
  contains: text.nullable().default(null).describe('A text that must be seen on the page.'),
  allowConsole: z.array(pattern).default([]).describe('Console errors that do not count.'),
})

const diffRule = z.strictObject({
  ...rules,
  kind: z.literal('diff-rule'),
  only: globs,
  forbid: globs,
  needs: globs,
  forbidAdded: z.array(pattern).default([]),
  maxFiles: count.nullable().default(null),
  maxLines: count.nullable().default(null),
})

const judge = z.strictObject({
  ...rules,
  kind: z.literal('judge'),
  requirements: z.array(text).max(50).default([]),
  model: text.nullable().default(null),
})

const human = z.strictObject({ ...rules, kind: z.literal('human'), question: text })

/** One check as it is written; `plugin` is missing because plugins bring theirs themselves. */
export const checkSchema = z.discriminatedUnion('kind', [
  command,
  file,
  http,
  browser,
  diffRule,
  judge,
  human,
])

const entry = z.union([text.describe('A command line.'), checkSchema])

/** What `.agentproxy/checks.yaml` may hold. */
const checksDocument = z
  .union([z.array(entry), z.strictObject({ checks: z.array(entry) })])
  .describe('Checks that prove a task done: a list, or an object with the list under `checks`.')

/** The JSON Schema of `.agentproxy/checks.yaml`, for editors. */
export function checksJsonSchema(): Readonly<Record<string, unknown>> {
  return { ...z.toJSONSchema(checksDocument, { io: 'input' }), title: 'Checks of agentproxy' }
}

type WrittenCheck = z.output<typeof checkSchema>

/** A written check with a name. */
export function named(check: WrittenCheck): CheckSpec {
  const { name = defaultName(check), ...rest } = check
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  return { ...said, name } as CheckSpec
}

function defaultName(check: WrittenCheck): string {
  switch (check.kind) {
    case 'command':
      return check.command
    case 'file':
      return `file ${check.path}`
    case 'http':
      return `http ${check.method} ${check.url}`
    case 'browser':
      return `browser ${check.url}`
    case 'diff-rule':
    case 'judge':
      return check.kind
    case 'human':
      return `human: ${check.question}`
  }
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}
