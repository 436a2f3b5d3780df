const SEPARATOR = '__'

/** A namespaced tool's name for formats without namespaces, as MCP clients spell it: `namespace__name`. */
export function flatName(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}${SEPARATOR}${name}`
}

/** The name within its namespace again. */
export function bareName(namespace: string | undefined, name: string): string {
  const prefix = `${namespace}${SEPARATOR}`
  return namespace !== undefined && name.startsWith(prefix) ? name.slice(prefix.length) : name
}
