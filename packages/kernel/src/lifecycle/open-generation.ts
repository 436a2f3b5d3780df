import { PluginError } from '@agentproxy/plugin'
import type { PluginDefinition } from '@agentproxy/plugin'
import { validateConfig } from '../config/validate-config.ts'
import { isThenable, withDeadline } from '../deadline.ts'
import { textOf } from '../text-of.ts'
import { createContext } from './create-context.ts'
import { Generation, dependencyNames } from './generation.ts'
import { dependencyError } from './graph.ts'
import type { HostServices } from './host-services.ts'

export interface OpenOptions {
  readonly definition: PluginDefinition
  readonly generation: number
  /** As configured, not yet validated. */
  readonly config: unknown
  /** The generations that may serve as dependencies, by name. */
  readonly available: ReadonlyMap<string, Generation>
}

/** Builds a generation beside whatever is live: nothing of it is visible until it is published. */
export async function openGeneration(options: OpenOptions, host: HostServices): Promise<Generation> {
  const { definition, generation, available } = options
  const dependencies = new Map<string, Generation>()
  for (const name of dependencyNames(definition)) {
    const dependency = available.get(name)
    if (dependency === undefined) throw dependencyError(definition.name, name, 'is not active')
    dependencies.set(name, dependency)
  }
  const config = await validateConfig(definition, options.config)
  const owner = new Generation({ definition, generation, config })
  try {
    const started = performance.now()
    const service = definition.setup(createContext(owner, host, dependencies))
    owner.service = isThenable(service) ? await limited(owner, service, host.setupTimeoutMs) : service
    owner.setupMs = performance.now() - started
    return owner
  } catch (thrown) {
    owner.retire()
    for (const error of await owner.scope.dispose()) host.report(disposeFailure(owner, error))
    throw PluginError.is(thrown) ? thrown : setupError(owner, thrown)
  }
}

/** A failed clean-up, told with who failed. */
export function disposeFailure(owner: Generation, thrown: unknown) {
  const { plugin, generation } = owner
  const message = `plugin ${plugin} (generation ${generation}) failed to clean up: ${textOf(thrown)}`
  return { plugin, generation, error: new PluginError('DISPOSE_FAILED', message, { plugin, cause: thrown }) }
}

function limited(owner: Generation, setup: PromiseLike<unknown>, limitMs: number): Promise<unknown> {
  return withDeadline(
    setup,
    limitMs,
    () =>
      new PluginError(
        'SETUP_TIMEOUT',
        `plugin ${owner.plugin} did not finish setup within ${limitMs} ms; move slow work out of setup, or await less`,
        { plugin: owner.plugin },
      ),
  )
}

function setupError(owner: Generation, thrown: unknown): PluginError {
  return new PluginError('SETUP_FAILED', `plugin ${owner.plugin} failed in setup: ${textOf(thrown)}`, {
    plugin: owner.plugin,
    cause: thrown,
  })
}
