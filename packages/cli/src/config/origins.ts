import { maskConfig } from '../display/mask-config.ts'
import type { FoundLayer } from './load-config.ts'

/** One value of the configuration and where it comes from. */
export interface OriginatedValue {
  /** As `plugins.cache.maxEntries`; keys with a dot in them are quoted. */
  readonly path: string
  readonly value: unknown
  readonly origin: string
}

/**
 * Every value that some source sets, with the source that won; what looks like a secret is masked. Objects are told leaf
 * by leaf, lists as a whole.
 */
export function originsOf(layers: readonly FoundLayer[]): readonly OriginatedValue[] {
  const values = new Map<string, OriginatedValue>()
  for (const { origin, closer, layer } of layers)
    for (const { path, value } of leaves(maskConfig(layer)))
      values.set(path, { path, value, origin: closer?.get(path) ?? origin })
  return [...values.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** The same for one plugin's validated section, whose defaults come from the plugin itself. */
export function pluginOrigins(
  name: string,
  config: unknown,
  layers: readonly FoundLayer[],
): readonly OriginatedValue[] {
  const set = new Map(originsOf(layers).map((one) => [one.path, one.origin]))
  return leaves(maskConfig(config)).map(({ path, value }) => ({
    path,
    value,
    origin: set.get(`plugins.${name}.${path}`) ?? "the plugin's default",
  }))
}

function leaves(value: unknown, path = ''): readonly { readonly path: string; readonly value: unknown }[] {
  const nested = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!nested || Object.keys(value).length === 0) return path === '' ? [] : [{ path, value }]
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
    return leaves(inner, path === '' ? name : `${path}.${name}`)
  })
}
