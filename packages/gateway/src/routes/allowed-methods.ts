import type { BookedRoute } from '../openapi/openapi-document.ts'

/** The methods a path is served for; empty = there is no such path. A provider's name stands for any segment. */
export function allowedMethods(routes: readonly BookedRoute[], url: string): readonly string[] {
  const path = url.split('?', 1)[0] ?? ''
  const methods = routes.filter((route) => fits(route.path, path)).map(({ method }) => method)
  return [...new Set(methods)].toSorted()
}

function fits(pattern: string, path: string): boolean {
  const parts = pattern.split('/')
  const segments = path.split('/')
  const isOpen = parts.at(-1) === '*'
  if (isOpen ? segments.length < parts.length : segments.length !== parts.length) return false
  return parts.every((part, index) => part === '*' || part.startsWith(':') || part === segments[index])
}
