import type { ProviderDefinition, WireFormat } from '@agentproxy/plugin'
import { formats } from '@agentproxy/wire'
import type { ResolvedModel } from '../routing/resolve-model.ts'
import { failure, RequestRefused } from './failure.ts'

/** Which upstream is called, and in which format. */
export interface CallPlan {
  readonly provider: ProviderDefinition
  /** The upstream's name of the model. */
  readonly model: string
  /** The upstream's format. */
  readonly format: WireFormat
  readonly url: string
}

/** Stays in the client's format where the provider speaks it; otherwise takes its first format that can be translated to. */
export function planCall({ provider, model }: ResolvedModel, client: WireFormat): CallPlan {
  const same = provider.endpoints[client]
  if (same !== undefined) return { provider, model, format: client, url: same.url }
  for (const [name, endpoint] of Object.entries(provider.endpoints)) {
    const format = formats[name as WireFormat]
    if (format !== undefined) return { provider, model, format: format.name, url: endpoint.url }
  }
  const spoken = Object.keys(provider.endpoints).join(', ') || 'no format at all'
  const message = `The provider "${provider.name}" speaks ${spoken}, which cannot be translated from ${client}. Ask for another provider.`
  throw new RequestRefused('no_translation', failure('invalid_request', message))
}
