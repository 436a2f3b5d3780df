import type { MetricFamily, Sample } from './metric-text.ts'

/** The metrics of several processes as if they were one's: samples of the same name and labels are added up. */
export function mergeMetrics(all: readonly (readonly MetricFamily[])[]): readonly MetricFamily[] {
  const merged = new Map<string, { readonly family: MetricFamily; readonly samples: Map<string, Sample> }>()
  for (const family of all.flat()) {
    const known = merged.get(family.name) ?? { family, samples: new Map<string, Sample>() }
    merged.set(family.name, known)
    for (const sample of family.samples) {
      const key = JSON.stringify([sample.suffix ?? '', sample.labels])
      const before = known.samples.get(key)
      const value =
        before === undefined || family.sameEverywhere === true ? sample.value : before.value + sample.value
      known.samples.set(key, { ...sample, value })
    }
  }
  return [...merged.values()].map(({ family, samples }) => ({ ...family, samples: [...samples.values()] }))
}
