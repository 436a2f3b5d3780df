import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ModelInfo } from '@agentproxy/plugin'
import { failure } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { nearNames } from '../routing/near-names.ts'
import { sendError } from './dialect.ts'

interface Listed {
  readonly id: string
  readonly owner: string
  readonly info: ModelInfo | null
}

/** Adds `GET /v1/models` and `GET /v1/models/{id}`, in Anthropic's shape for who sends `anthropic-version`, else in OpenAI's. */
export function addModelsRoute(app: FastifyInstance, runtime: GatewayRuntime): void {
  app.get('/v1/models', async (request) => writeList(await listAll(runtime, request), isAnthropic(request)))
  app.get<{ Params: { '*': string } }>('/v1/models/*', async (request, reply) => {
    const id = request.params['*']
    const all = await listAll(runtime, request)
    const found = all.find((model) => model.id === id)
    if (found !== undefined) return writeModel(found, isAnthropic(request))
    const near = nearNames(
      id,
      all.map((model) => model.id),
    )
    const hint = near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`
    return sendError(request, reply, failure('not_found', `Unknown model.${hint} GET /v1/models lists all.`))
  })
}

/** All models, or those that the caller's key is good for. */
async function listAll(
  runtime: GatewayRuntime,
  { live, identity }: FastifyRequest,
): Promise<readonly Listed[]> {
  const { directory, aliases, spending } = runtime
  const lists = await Promise.all(
    [...live.providers.values()].map(async ({ value }) =>
      (await directory.list(value)).map((info) => ({
        id: `${value.name}/${info.id}`,
        owner: value.name,
        info,
      })),
    ),
  )
  const all = [
    ...lists.flat(),
    ...Object.keys(aliases).map((id) => ({ id, owner: 'agentproxy', info: null })),
  ]
  return identity === null ? [] : all.filter(({ id }) => spending.mayUse(identity, id))
}

function isAnthropic(request: FastifyRequest): boolean {
  return request.headers['anthropic-version'] !== undefined
}

function writeList(models: readonly Listed[], forAnthropic: boolean): Record<string, unknown> {
  const data = models.map((model) => writeModel(model, forAnthropic))
  if (!forAnthropic) return { object: 'list', data }
  return { data, has_more: false, first_id: models.at(0)?.id ?? null, last_id: models.at(-1)?.id ?? null }
}

/** An unknown date is 1970, as Anthropic's reference prescribes for models whose release date is unknown. */
function writeModel({ id, owner, info }: Listed, forAnthropic: boolean): Record<string, unknown> {
  const created = info?.created ?? 0
  if (!forAnthropic) return { id, object: 'model', created, owned_by: owner }
  const createdAt = new Date(created * 1000).toISOString()
  return { type: 'model', id, display_name: info?.displayName ?? info?.id ?? id, created_at: createdAt }
}
