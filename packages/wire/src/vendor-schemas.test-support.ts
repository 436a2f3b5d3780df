import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject } from 'ajv'

const folder = path.join(
  import.meta.dirname,
  '../../../../shared/fixtures/llm-comply-schemas/src/llm_comply/specs',
)

/** Whether the vendors' own descriptions of their formats are here. */
export const hasVendorSchemas = existsSync(folder)

/** What a value does wrong, a line each; empty when it is as the vendor describes. */
export type Judge = (value: unknown) => string[]

/** Judges by a schema of an OpenAPI description. */
export function judgeBy(file: string, ...names: readonly string[]): Judge {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  const text = readFileSync(path.join(folder, file), 'utf8')
  const document = JSON.parse(text) as Schema
  ajv.addSchema(withNull(document, document) as object, file)
  const validate = ajv.compile({
    anyOf: names.map((name) => ({ $ref: `${file}#/components/schemas/${name}` })),
  })
  return (value) => {
    if (validate(JSON.parse(JSON.stringify(value)))) return []
    return [...new Set((validate.errors ?? []).map(said))]
  }
}

function said({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath} ${message} ${JSON.stringify(params)}`
}

/**
 * OpenAPI 3.0 says `nullable` where JSON Schema has a type. What may be null may be left out as well: vendors write such
 * fields always, and no client of theirs needs them.
 */
function withNull(value: unknown, root: Schema): unknown {
  if (Array.isArray(value)) return value.map((item) => withNull(item, root))
  if (!isSchema(value)) return value
  const { nullable, required, ...rest } = value
  const schema: Schema = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [key, withNull(inner, root)]),
  )
  const { properties } = rest
  const names: readonly unknown[] = Array.isArray(required) ? required : []
  if (Array.isArray(required) && isSchema(properties))
    schema['required'] = names.filter((name) => !takesNull(properties[String(name)], root))
  else if (required !== undefined) schema['required'] = withNull(required, root)
  if (isSchema(nullable)) return { ...schema, nullable: withNull(nullable, root) }
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
}

type Schema = Record<string, unknown>

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function takesNull(schema: unknown, root: Schema): boolean {
  if (!isSchema(schema)) return false
  const { nullable, type, anyOf, oneOf, default: preset, $ref } = schema
  if (typeof $ref === 'string') return takesNull(resolved($ref, root), root)
  const branches: readonly unknown[] = [anyOf, oneOf].flatMap(
    (list) => (Array.isArray(list) ? list : []) as unknown[],
  )
  return (
    nullable === true || type === 'null' || preset === null || branches.some((one) => takesNull(one, root))
  )
}

function resolved(ref: string, root: Schema): unknown {
  return ref
    .split('/')
    .slice(1)
    .reduce<unknown>((value, step) => (isSchema(value) ? value[step] : undefined), root)
}
