import type { SchemaIssue, StandardSchema } from '@agentproxy/plugin'
import { nearest } from '../nearest.ts'
import { schemaDocument } from './schema-document.ts'

/** For an issue about keys a schema does not know: the nearest ones it does, as `; did you mean maxEntries?`, else nothing. */
export function unknownKeyHint(schema: StandardSchema, issue: SchemaIssue): string {
  const unknown = Reflect.get(issue, 'keys') as unknown
  if (!Array.isArray(unknown)) return ''
  const known = keysAt(schema, issue.path ?? [])
  const meant = unknown.flatMap((key) => nearest(String(key), known) ?? [])
  return meant.length === 0 ? '' : `; did you mean ${meant.join(', ')}?`
}

/** The keys a schema knows at a path, as far as it can be told as JSON Schema. */
function keysAt(schema: StandardSchema, path: NonNullable<SchemaIssue['path']>): readonly string[] {
  let at: unknown = schemaDocument(schema)
  for (const part of path) {
    const key = typeof part === 'object' ? part.key : part
    at = typeof key === 'number' ? field(at, 'items') : field(field(at, 'properties'), key)
  }
  return Object.keys(Object(field(at, 'properties')))
}

function field(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
