import { PluginError } from '@agentproxy/plugin'
import type { PluginDefinition, SchemaIssue, StandardSchema } from '@agentproxy/plugin'
import { unknownKeyHint } from './unknown-keys.ts'
import { textOf } from '../text-of.ts'

const NO_CONFIG = Object.freeze({})

/** Checks a plugin's section of the configuration and gives the typed one. Throws CONFIG_INVALID with path and reason. */
export async function validateConfig(definition: PluginDefinition, raw: unknown): Promise<unknown> {
  const { name, config: schema } = definition
  const given = raw ?? {}
  if (schema === undefined) {
    if (typeof given !== 'object' || Object.keys(given).length > 0)
      throw invalid(name, 'it takes no configuration; remove its section')
    return NO_CONFIG
  }
  const result = await validate(name, schema, given)
  if (result.issues === undefined) return result.value
  const problems = result.issues.map((issue) => issueText(issue) + unknownKeyHint(schema, issue))
  throw invalid(name, problems.join('; '))
}

/** One issue as `path.to.field: what is wrong`. */
export function issueText(issue: SchemaIssue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}

async function validate(name: string, schema: StandardSchema, given: unknown) {
  try {
    return await schema['~standard'].validate(given)
  } catch (thrown) {
    throw invalid(name, `its schema failed: ${textOf(thrown)}`, thrown)
  }
}

function invalid(plugin: string, what: string, cause?: unknown): PluginError {
  return new PluginError('CONFIG_INVALID', `configuration of plugin ${plugin} is invalid: ${what}`, {
    plugin,
    cause,
  })
}
