const DEPTH_LIMIT = 20

type Schema = Readonly<Record<string, unknown>>

/**
 * The smallest document that follows a JSON Schema, as far as `type`, `properties`, `required`, `enum`, `const`,
 * `anyOf`/`oneOf`/`allOf`, `minimum`, `minItems` and local `$ref` say. Free strings say that they are simulated.
 */
export function minimalJson(schema: unknown): unknown {
  return build(schema, { root: schema, depth: 0 })
}

interface Place {
  readonly root: unknown
  readonly depth: number
}

function build(schema: unknown, place: Place): unknown {
  if (!isSchema(schema) || place.depth > DEPTH_LIMIT) return null
  const inner = { root: place.root, depth: place.depth + 1 }
  if (typeof schema['$ref'] === 'string') return build(resolve(place.root, schema['$ref']), inner)
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  const choice = firstOf(schema['anyOf']) ?? firstOf(schema['oneOf'])
  if (choice !== undefined) return build(choice, inner)
  if (Array.isArray(schema['allOf']))
    return build(Object.assign({}, schema, { allOf: undefined }, ...schema['allOf']), inner)
  return buildType(schema, inner)
}

function buildType(schema: Schema, place: Place): unknown {
  const type =
    firstOf(schema['type']) ?? schema['type'] ?? (isSchema(schema['properties']) ? 'object' : 'string')
  switch (type) {
    case 'object':
      return buildObject(schema, place)
    case 'array': {
      const length = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
      return Array.from({ length }, () => build(schema['items'], place))
    }
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 0
    case 'boolean':
      return false
    case 'null':
      return null
    default:
      return '[simulated]'
  }
}

function buildObject(schema: Schema, place: Place): Record<string, unknown> {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  const names = required.filter((name) => typeof name === 'string')
  return Object.fromEntries(names.map((name) => [name, build(properties[name] ?? {}, place)]))
}

function resolve(root: unknown, reference: string): unknown {
  const steps = reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
  return steps.reduce<unknown>((node, step) => (isSchema(node) ? node[step] : undefined), root)
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
