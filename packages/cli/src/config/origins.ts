import type { FoundLayer } from './load-config.ts'

/** One value of the configuration and where it comes from. */
export interface OriginatedValue {
  /** As `plugins.cache.maxEntries`; keys with a dot in them are quoted. */
  readonly path: string
  readonly value: unknown
  readonly origin: string
}

/** Every value that some source sets, with the source that won. Objects are told leaf by leaf, lists as a whole. */
export function originsOf(layers: readonly FoundLayer[]): readonly OriginatedValue[] {
  const values = new Map<string, OriginatedValue>()
  for (const { origin, closer, layer } of layers)
    for (const { path, value } of leaves(layer))
      values.set(path, { path, value, origin: closer?.get(path) ?? origin })
  return [...values.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function leaves(value: unknown, path = ''): readonly { readonly path: string; readonly value: unknown }[] {
  const nested = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!nested || Object.keys(value).length === 0) return path === '' ? [] : [{ path, value }]
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
    return leaves(inner, path === '' ? name : `${path}.${name}`)
  })
}

/** A value as it may be shown: what looks like a secret by its key is hidden. */
export function shown(path: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(key, inner)]))
  if (Array.isArray(value)) return value.map((inner) => shown(path, inner))
  const key = path.split('.').at(-1) ?? ''
  const secret = /(?:key|token|secret|password|passwd|authorization|cookie)s?$/i.test(key)
  return secret && typeof value === 'string' && value !== '' ? '(hidden)' : value
}
