import type { JsonSchema, StandardSchema } from '@agentproxy/plugin'

/** Whether a schema is one that validates by itself; otherwise it is JSON Schema as data. */
export function isStandardSchema(schema: StandardSchema | JsonSchema): schema is StandardSchema {
  return '~standard' in schema
}

/** The parameters a JSON Schema lists, in its order. */
export function parameterNames(schema: StandardSchema | JsonSchema): readonly string[] {
  return isStandardSchema(schema) ? [] : Object.keys(record(schema['properties']))
}

/**
 * Checks parameters against JSON Schema data and gives what is wrong, empty if nothing. It knows `required`, and of each
 * property `type` and `enum`; every other keyword is for the model that reads the schema and is not enforced here.
 */
export function checkAgainstSchema(
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
): readonly string[] {
  const problems: string[] = []
  for (const name of list(schema['required']))
    if (typeof name === 'string' && value[name] === undefined) problems.push(`${name}: is required`)
  for (const [name, rules] of Object.entries(record(schema['properties']))) {
    const given = value[name]
    if (given === undefined) continue
    const { type, enum: allowed } = record(rules)
    const types = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string')
    if (types.length > 0 && !types.some((one) => hasType(given, one)))
      problems.push(`${name}: must be ${types.join(' or ')}`)
    if (Array.isArray(allowed) && !allowed.includes(given))
      problems.push(`${name}: must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`)
  }
  return problems
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    default:
      return true
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
