import type { SchemaIssue, StandardSchema } from '@agentproxy/plugin'
import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { messageOf } from '../contract/message-of.ts'
import type { Subject } from '../contract/subject.ts'

const UNKNOWN_KEY = 'noSuchSettingAtAll'

/** What a schema says of a value; a schema that throws breaks the rule. */
export async function issuesOf(
  schema: StandardSchema,
  value: unknown,
): Promise<readonly SchemaIssue[] | null> {
  try {
    const result = await schema['~standard'].validate(value)
    return result.issues ?? null
  } catch (thrown) {
    return fail(`the schema threw instead of giving issues: ${messageOf(thrown)}`, thrown)
  }
}

/** Whether an issue tells a person which key it is about. */
function names(issue: SchemaIssue, key: string | null): boolean {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  if (key === null) return path.length > 0 && issue.message !== ''
  return path.includes(key) || issue.message.includes(key)
}

async function schemaOf(subject: Subject): Promise<StandardSchema> {
  const { config } = await subject.definition()
  return config ?? skip('it takes no configuration')
}

const shown = (issues: readonly SchemaIssue[]): string => issues.map(({ message }) => message).join('; ')

export const configRules: readonly Rule<Subject>[] = [
  {
    id: 'config.defaults',
    title: 'without configuration it works, or says which key it needs',
    async run(subject) {
      const schema = await schemaOf(subject)
      const empty = await issuesOf(schema, {})
      if (empty !== null && !empty.every((issue) => names(issue, null)))
        fail(`an empty configuration is refused without a path: ${shown(empty)}`)
      const { config } = subject.options
      const given = config === undefined ? null : await issuesOf(schema, config)
      if (given !== null) fail(`the configuration given to the contract is refused: ${shown(given)}`)
    },
  },
  {
    id: 'config.refuses',
    title: 'it refuses configuration of the wrong shape, and names the key',
    async run(subject) {
      const schema = await schemaOf(subject)
      for (const wrong of ['text', 42, ['list']])
        if ((await issuesOf(schema, wrong)) === null)
          fail(`it accepts ${JSON.stringify(wrong)} as its configuration; take an object schema`)
      const base = { ...(subject.options.config as object | undefined) }
      const parsed = await schema['~standard'].validate(base)
      const keys = parsed.issues === undefined ? Object.keys(parsed.value ?? {}) : []
      for (const key of [UNKNOWN_KEY, ...keys]) {
        const issues = await issuesOf(schema, { ...base, [key]: () => 'of no type that configuration has' })
        if (issues !== null && !issues.some((issue) => names(issue, key)))
          fail(`it refuses a bad value of ${key} without naming it: ${shown(issues)}`)
      }
    },
  },
]
