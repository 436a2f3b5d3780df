import type { Snapshot } from '@agentproxy/kernel'
import type { ProviderDefinition } from '@agentproxy/plugin'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { ModelDirectory } from './model-directory.ts'
import { nearNames } from './near-names.ts'

/** Where a request goes: a provider and the name its upstream knows the model by. */
export interface ResolvedModel {
  readonly provider: ProviderDefinition
  readonly model: string
}

export type Aliases = Readonly<Record<string, readonly string[]>>

export interface Routing {
  readonly live: Snapshot
  readonly aliases: Aliases
  readonly directory: ModelDirectory
}

/**
 * Finds the upstreams for a model name: those of an alias's targets that exist, in order, else `provider/model`, else the one
 * provider that lists the bare name. Throws `RequestRefused` (404) with near names when there is none, (400) when several list it.
 */
export async function resolveModel(routing: Routing, name: string): Promise<readonly ResolvedModel[]> {
  const targets = Object.hasOwn(routing.aliases, name) ? (routing.aliases[name] ?? []) : [name]
  const found: ResolvedModel[] = []
  for (const target of targets) {
    const upstream = await find(routing, target)
    if (upstream !== null) found.push(upstream)
  }
  if (found.length > 0) return found
  throw await unknownModel(routing, name)
}

/** The provider a plugin's route names; throws `RequestRefused` when it is not loaded. */
export function resolveRouted(live: Snapshot, route: { provider: string; model: string }): ResolvedModel {
  const provider = live.providers.get(route.provider)?.value
  if (provider !== undefined) return { provider, model: route.model }
  const message = `A plugin routed this request to the provider "${route.provider}", which is not loaded. Load it, or correct the plugin.`
  throw new RequestRefused('unknown_provider', failure('not_found', message))
}

/** Every name a request may ask for: `provider/model` of all providers, then the aliases. */
async function listModelNames({ live, aliases, directory }: Routing): Promise<readonly string[]> {
  const all = await Promise.all(
    [...live.providers.values()].map(async ({ value }) =>
      (await directory.list(value)).map((model) => `${value.name}/${model.id}`),
    ),
  )
  return [...all.flat(), ...Object.keys(aliases)]
}

async function find(routing: Routing, name: string): Promise<ResolvedModel | null> {
  const slash = name.indexOf('/')
  const provider = slash < 1 ? undefined : routing.live.providers.get(name.slice(0, slash))?.value
  if (provider === undefined) return findBare(routing, name)
  const model = name.slice(slash + 1)
  if (model === '') return null
  if (provider.passesUnknownModels || (await lists(routing, provider, model))) return { provider, model }
  return null
}

async function findBare(routing: Routing, model: string): Promise<ResolvedModel | null> {
  const providers = [...routing.live.providers.values()].map(({ value }) => value)
  const has = await Promise.all(providers.map((provider) => lists(routing, provider, model)))
  const [first, ...others] = providers.filter((_provider, index) => has[index] === true)
  if (first === undefined) return null
  if (others.length === 0) return { provider: first, model }
  const choices = [first, ...others].map(({ name }) => `${name}/${model}`).join(', ')
  const message = `Several providers have a model "${model}". Ask for one of: ${choices}.`
  throw new RequestRefused('ambiguous_model', failure('invalid_request', message))
}

async function lists({ directory }: Routing, provider: ProviderDefinition, model: string): Promise<boolean> {
  return (await directory.list(provider)).some(({ id }) => id === model)
}

async function unknownModel(routing: Routing, name: string): Promise<RequestRefused> {
  const near = nearNames(name, await listModelNames(routing))
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`
  const message = `Unknown model "${name.slice(0, 200)}".${hint} GET /v1/models lists all; a model is named provider/model.`
  return new RequestRefused('unknown_model', failure('not_found', message))
}
