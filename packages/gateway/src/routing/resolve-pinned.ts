import type { Snapshot } from '@agentproxy/kernel'
import type { ProviderDefinition } from '@agentproxy/plugin'
import { failure, RequestRefused } from '../exchange/failure.ts'
import { nearNames } from './near-names.ts'
import type { ResolvedModel, Routing } from './resolve-model.ts'

/** Names that paths have for providers of another name: clients know the product, not the company. */
const PATH_NAMES: Readonly<Record<string, string>> = { claude: 'anthropic' }

/** The live provider that the first segment of a path names, by its own name or by the one paths have for it. */
export function providerOfPath({ providers }: Snapshot, segment: string): string | null {
  if (providers.has(segment)) return segment
  const name = Object.hasOwn(PATH_NAMES, segment) ? PATH_NAMES[segment] : undefined
  return name !== undefined && providers.has(name) ? name : null
}

/**
 * Finds a model at one provider only: the name as that provider lists it, the name without the provider's prefix, or an
 * alias's first target there. Throws `RequestRefused` (404) when that provider has none.
 */
export async function resolvePinned(routing: Routing, pin: string, name: string): Promise<ResolvedModel> {
  const provider = routing.live.providers.get(pin)?.value
  if (provider === undefined) {
    const message = `The provider "${pin}" is not loaded. GET /plugins tells why.`
    throw new RequestRefused('unknown_provider', failure('not_found', message))
  }
  const listed = (await routing.directory.list(provider)).map(({ id }) => id)
  if (listed.includes(name)) return { provider, model: name }
  const model = withoutPrefix(provider, targetAt(routing, provider, name) ?? name)
  if (model !== '' && (provider.passesUnknownModels || listed.includes(model))) return { provider, model }
  const near = nearNames(model, listed)
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`
  const message = `The provider "${pin}" has no model "${model.slice(0, 200)}".${hint}`
  throw new RequestRefused('unknown_model', failure('not_found', message))
}

function targetAt({ aliases }: Routing, provider: ProviderDefinition, name: string): string | undefined {
  const targets = Object.hasOwn(aliases, name) ? (aliases[name] ?? []) : []
  return targets.find((target) => target.startsWith(`${provider.name}/`))
}

function withoutPrefix({ name }: ProviderDefinition, model: string): string {
  return model.startsWith(`${name}/`) ? model.slice(name.length + 1) : model
}
