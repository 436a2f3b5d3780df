import { z } from 'zod'
import type { SeenEvent } from './event-ring.ts'

/** Which events are meant; all that is given must hold. */
export const eventFilter = z.strictObject({
  names: z
    .array(z.string().min(1).max(256))
    .optional()
    .describe('names; a * at the end stands for anything: "task.*"'),
  source: z.enum(['hook', 'bus']).optional(),
  since: z.number().optional().describe('milliseconds since 1970, included'),
  until: z.number().optional().describe('milliseconds since 1970, not included'),
  where: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional()
    .describe('values by path in the payload: {"identity.kind": "owner"}'),
})

export type EventFilter = z.output<typeof eventFilter>

export function matchEvent(event: SeenEvent, filter: EventFilter): boolean {
  const { names, source, since, until, where } = filter
  if (names !== undefined && !names.some((name) => matchName(event.name, name))) return false
  if (source !== undefined && event.source !== source) return false
  if (since !== undefined && event.at < since) return false
  if (until !== undefined && event.at >= until) return false
  return Object.entries(where ?? {}).every(([path, wanted]) => valueAt(event, path) === wanted)
}

function matchName(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

/** What is at `a.b.c` of the payload; `name` and `source` of the event itself where the payload has no such field. */
export function valueAt(event: SeenEvent, path: string): unknown {
  let value: unknown = event.payload
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      return path === 'name' || path === 'source' ? event[path] : undefined
    }
    value = (value as Readonly<Record<string, unknown>>)[part]
  }
  return value
}
