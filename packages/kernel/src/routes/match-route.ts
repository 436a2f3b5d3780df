import type { PluginRoute } from './compile-routes.ts'

export type RouteMatch =
  | {
      readonly found: 'route'
      readonly route: PluginRoute
      readonly params: Readonly<Record<string, string>>
    }
  /** The path is there, but not for this method. */
  | { readonly found: 'path'; readonly allow: readonly string[] }
  | { readonly found: 'nothing' }

/**
 * Finds the route for a method and a path as it stands in the URL, still encoded. Of several paths that fit, the one
 * that is literal earlier wins. `GET` routes answer `HEAD` as well.
 */
export function matchRoute(routes: readonly PluginRoute[], method: string, pathname: string): RouteMatch {
  const segments = pathname.split('/')
  const fitting = routes
    .flatMap((route) => {
      const params = fit(route.path.split('/'), segments)
      return params === null ? [] : [{ route, params }]
    })
    .sort((a, b) => compareSpecific(a.route.path, b.route.path))
  const own = fitting.find(({ route }) => route.method === method)
  const match = own ?? (method === 'HEAD' ? fitting.find(({ route }) => route.method === 'GET') : undefined)
  if (match !== undefined) return { found: 'route', ...match }
  if (fitting.length === 0) return { found: 'nothing' }
  const methods = fitting.map(({ route }) => route.method)
  return { found: 'path', allow: [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)] }
}

function fit(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {}
  const open = pattern.at(-1) === '*'
  if (open ? segments.length < pattern.length : segments.length !== pattern.length) return null
  for (const [index, part] of pattern.entries()) {
    if (open && index === pattern.length - 1) {
      const rest = decode(segments.slice(index).join('/'))
      return rest === null ? null : { ...params, '*': rest }
    }
    const segment = segments[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== segment) return null
      continue
    }
    const value = decode(segment)
    if (value === null || value === '') return null
    params[part.slice(1)] = value
  }
  return params
}

/** null = it is not valid percent-encoding. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** Literal before named before the rest, decided at the first segment that differs. */
function compareSpecific(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')]
  for (const [index, part] of left.entries()) {
    const difference = rank(part) - rank(right[index])
    if (difference !== 0) return difference
  }
  return 0
}

function rank(part: string | undefined): number {
  if (part === undefined || part === '*') return 2
  return part.startsWith(':') ? 1 : 0
}
