import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { JsonSchema } from '../model/request.ts'

const TYPES = new Set(['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL'])
/** Of type int64, which JSON of protocol buffers writes as strings. */
const COUNTS = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'])

/**
 * Gemini's `Schema` (an OpenAPI subset) as JSON Schema: its own type names, `nullable`, counts as strings, and
 * `propertyOrdering`, which becomes the order of the properties. JSON Schema comes out as it was.
 * https://ai.google.dev/api/caching#Schema
 */
export function readSchema(schema: JsonRecord): JsonSchema {
  const { nullable, propertyOrdering, ...rest } = schema
  const read: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) read[key] = readKeyword(key, value)
  if (Array.isArray(propertyOrdering) && isRecord(read['properties']))
    read['properties'] = ordered(read['properties'], propertyOrdering)
  if (nullable !== true || typeof read['type'] !== 'string') return read
  return { ...read, type: [read['type'], 'null'], ...nullableEnum(read['enum']) }
}

function readKeyword(key: string, value: unknown): unknown {
  if (key === 'type') return typeof value === 'string' && TYPES.has(value) ? value.toLowerCase() : value
  if (key === 'properties' || key === '$defs') {
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, isRecord(one) ? readSchema(one) : one]),
    )
  }
  if (key === 'items' || key === 'additionalProperties') return isRecord(value) ? readSchema(value) : value
  if (key === 'anyOf' && Array.isArray(value)) {
    return value.map((one: unknown) => (isRecord(one) ? readSchema(one) : one))
  }
  return COUNTS.has(key) && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
}

function ordered(properties: JsonRecord, order: readonly unknown[]): JsonRecord {
  const first = order.filter((name) => typeof name === 'string' && Object.hasOwn(properties, name))
  const names = new Set([...(first as string[]), ...Object.keys(properties)])
  return Object.fromEntries([...names].map((name) => [name, properties[name]]))
}

function nullableEnum(values: unknown): JsonRecord {
  return Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}
}
