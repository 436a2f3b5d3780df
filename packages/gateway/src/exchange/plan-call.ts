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
  /** The endpoint's URL as its provider wrote it; names no model, so there are only a few. */
  readonly template: string
  readonly url: string
}

const MODEL = '{model}'

/** Stays in the client's format where the provider speaks it; otherwise takes its first format that can be translated to. */
export function planCall(target: ResolvedModel, asked: { format: WireFormat; stream: boolean }): CallPlan {
  const { provider } = target
  const { format: client, stream } = asked
  const same = provider.endpoints[client]
  if (same !== undefined) return toCall(target, client, stream ? (same.streamUrl ?? same.url) : same.url)
  for (const [name, endpoint] of Object.entries(provider.endpoints)) {
    const format = formats[name as WireFormat]
    if (format !== undefined)
      return toCall(target, format.name, stream ? (endpoint.streamUrl ?? endpoint.url) : endpoint.url)
  }
  const spoken = Object.keys(provider.endpoints).join(', ') || 'no format at all'
  const message = `The provider "${provider.name}" speaks ${spoken}, which cannot be translated from ${client}. Ask for another provider.`
  throw new RequestRefused('no_translation', failure('invalid_request', message))
}

function toCall({ provider, model }: ResolvedModel, format: WireFormat, template: string): CallPlan {
  return { provider, model, format, template, url: template.replace(MODEL, () => encodeURIComponent(model)) }
}

/** The path of a parsed endpoint URL, in which the place of the model's name was escaped, for this model. */
export function pathFor({ model }: Pick<CallPlan, 'model'>, path: string): string {
  return path.replace(encodeURIComponent(MODEL), () => encodeURIComponent(model))
}
