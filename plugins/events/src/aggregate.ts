import type { SeenEvent } from './event-ring.ts'
import { valueAt } from './match-event.ts'

type Metric = 'count' | 'sum' | 'avg' | 'min' | 'max'

export interface AggregateOptions {
  /** `name`, `source`, or a path in the payload. */
  readonly by: string
  /** Milliseconds; null = all of them in one. */
  readonly bucketMs: number | null
  readonly metric: Metric
  /** Path of the number that is measured; events without one are left out. null only for `count`. */
  readonly field: string | null
}

export interface Group {
  readonly group: string | number | boolean | null
  /** Begin of the bucket, milliseconds since 1970; null = there are none. */
  readonly from: number | null
  readonly value: number
  /** How many events the value is made of. */
  readonly events: number
}

/** One figure for each group and bucket, in order of time and then of the figure, largest first. */
export function aggregate(events: Iterable<SeenEvent>, options: AggregateOptions): readonly Group[] {
  const { by, bucketMs, metric, field } = options
  const groups = new Map<string, { group: Group['group']; from: number | null; numbers: number[] }>()
  for (const event of events) {
    const measured = field === null ? 1 : valueAt(event, field)
    if (typeof measured !== 'number') continue
    const group = toGroup(valueAt(event, by))
    const from = bucketMs === null ? null : Math.floor(event.at / bucketMs) * bucketMs
    const id = JSON.stringify([group, from])
    const known = groups.get(id) ?? { group, from, numbers: [] }
    known.numbers.push(measured)
    groups.set(id, known)
  }
  return [...groups.values()]
    .map(({ group, from, numbers }) => ({
      group,
      from,
      value: measure(metric, numbers),
      events: numbers.length,
    }))
    .toSorted((a, b) => (a.from ?? 0) - (b.from ?? 0) || b.value - a.value)
}

function toGroup(value: unknown): Group['group'] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return value === undefined || value === null ? null : JSON.stringify(value)
}

function measure(metric: Metric, numbers: readonly number[]): number {
  const sum = numbers.reduce((total, number) => total + number, 0)
  switch (metric) {
    case 'count':
      return numbers.length
    case 'sum':
      return sum
    case 'avg':
      return sum / numbers.length
    case 'min':
      return numbers.reduce((least, number) => Math.min(least, number))
    case 'max':
      return numbers.reduce((most, number) => Math.max(most, number))
  }
}
