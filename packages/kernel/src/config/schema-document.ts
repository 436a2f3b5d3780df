import type { JsonSchema, StandardSchema } from '@agentproxy/plugin'
import { isStandardSchema } from '../tools/json-schema.ts'

/**
 * A schema as a JSON Schema document (draft 2020-12) of what it takes; null where the schema cannot say it, because its
 * library or something in it knows no such form.
 */
export function schemaDocument(schema: StandardSchema | JsonSchema): JsonSchema | null {
  if (!isStandardSchema(schema)) return schema
  try {
    const document: unknown = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    return typeof document === 'object' && document !== null ? (document as JsonSchema) : null
  } catch {
    return null
  }
}
