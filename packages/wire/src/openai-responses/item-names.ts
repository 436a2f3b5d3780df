import type { ItemNames } from '../model/request.ts'

/** The names an item bears; undefined when it bears none. */
export function itemNames(id: unknown, status: unknown): ItemNames | undefined {
  const names = {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof status === 'string' ? { status } : {}),
  }
  return Object.keys(names).length > 0 ? names : undefined
}
