import { PluginError } from '@agentproxy/plugin'
import type { PluginDefinition } from '@agentproxy/plugin'
import type { PluginSource } from '../load/plugin-source.ts'
import { dependencyNames } from './generation.ts'
import { dependencyError, planOrder } from './graph.ts'
import type { PluginLifecycle } from './plugin-lifecycle.ts'
import type { Registry } from './registry.ts'

/** A plugin that was found and read, and waits to be loaded. */
export interface BootCandidate {
  readonly definition: PluginDefinition
  readonly source: PluginSource
  readonly config: unknown
}

/** Loads candidates, dependencies first. One that fails takes only those with it that need it; all are remembered. */
export async function boot(
  candidates: readonly BootCandidate[],
  lifecycle: PluginLifecycle,
  registry: Registry,
): Promise<ReadonlyMap<string, PluginError>> {
  const byName = new Map(candidates.map((candidate) => [candidate.definition.name, candidate]))
  const nodes = candidates.map(({ definition }) => ({
    name: definition.name,
    dependencies: dependencyNames(definition),
  }))
  const plan = planOrder(nodes, new Set(registry.generations.keys()))
  const failed = new Map<string, PluginError>()
  const fail = ({ definition, source, config }: BootCandidate, error: PluginError): void => {
    failed.set(definition.name, error)
    lifecycle.fail(definition.name, source, error)
    const record = registry.records.get(definition.name)
    if (record?.status === 'failed') Object.assign(record, { definition, config })
  }

  for (const [name, problem] of plan.problems) fail(byName.get(name) as BootCandidate, problem)
  for (const name of plan.order) {
    const candidate = byName.get(name) as BootCandidate
    const broken = dependencyNames(candidate.definition).find((dependency) => failed.has(dependency))
    if (broken !== undefined) {
      fail(candidate, dependencyError(name, broken, `failed: ${failed.get(broken)?.message}`))
      continue
    }
    try {
      await lifecycle.load(candidate.source, candidate)
    } catch (thrown) {
      if (!PluginError.is(thrown)) throw thrown
      failed.set(name, thrown)
    }
  }
  return failed
}
