import type { FastifyRequest } from 'fastify'
import type { ModelInfo } from '@agentproxy/plugin'
import type { GatewayRuntime } from '../exchange/runtime.ts'

/** A model as `GET /v1/models` names it. */
export interface ListedModel {
  /** What a request may ask for. */
  readonly id: string
  readonly owner: string
  /** null for an alias. */
  readonly info: ModelInfo | null
}

/**
 * All models, as `provider/model`, then the aliases; where the path names a provider, that one's, as it names them itself.
 * Of these, those that the caller's key is good for.
 */
export async function listedModels(
  { directory, aliases, spending }: GatewayRuntime,
  { live, pinned, identity }: Pick<FastifyRequest, 'live' | 'pinned' | 'identity'>,
): Promise<readonly ListedModel[]> {
  const providers = [...live.providers.values()].map(({ value }) => value)
  const asked = pinned === null ? providers : providers.filter(({ name }) => name === pinned)
  const lists = await Promise.all(
    asked.map(async (provider) =>
      (await directory.list(provider)).map((info) => ({
        id: pinned === null ? `${provider.name}/${info.id}` : info.id,
        owner: provider.name,
        info,
      })),
    ),
  )
  const others = pinned === null ? Object.keys(aliases) : []
  const all = [...lists.flat(), ...others.map((id) => ({ id, owner: 'agentproxy', info: null }))]
  const wholeName = ({ id, owner }: ListedModel): string => (pinned === null ? id : `${owner}/${id}`)
  if (identity === null) return []
  const mayUse = await spending.allowance(identity)
  return all.filter((model) => mayUse(wholeName(model)))
}
