import type { ListedModel } from './listed-models.ts'

type Query = Readonly<Record<string, unknown>>

/** One vendor's way to list models and to show one. */
export interface ModelShape {
  /** Throws `RefusedPage` for a page that there is not. */
  list(this: void, models: readonly ListedModel[], query: Query): Record<string, unknown>
  one(this: void, model: ListedModel): Record<string, unknown>
}

/** Asked for with a size or a place that the vendor's own list would refuse too. */
export class RefusedPage extends Error {}

const openai: ModelShape = {
  list: (models) => ({ object: 'list', data: models.map(openai.one) }),
  one: ({ id, owner, info }) => ({ id, object: 'model', created: info?.created ?? 0, owned_by: owner }),
}

/** docs.anthropic.com, List Models: `limit` 1 to 1,000, default 20; `after_id`, `before_id`. */
const anthropic: ModelShape = {
  list(models, query) {
    const limit = numberIn(query, { name: 'limit', fallback: 20, most: 1_000 })
    const before = placeOf(models, query['before_id'], 'before_id')
    const start = (placeOf(models, query['after_id'], 'after_id') ?? -1) + 1
    const page =
      before === null
        ? models.slice(start, start + limit)
        : models.slice(Math.max(start, before - limit), before)
    const hasMore = before === null ? start + limit < models.length : before - limit > start
    const data = page.map(anthropic.one)
    return {
      data,
      has_more: hasMore,
      first_id: page.at(0)?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
    }
  },
  /** An unknown date is 1970, as the reference prescribes for models whose release date is unknown. */
  one: ({ id, info }) => ({
    type: 'model',
    id,
    display_name: displayName(id, info),
    created_at: new Date((info?.created ?? 0) * 1000).toISOString(),
  }),
}

/** ai.google.dev, models.list: `pageSize` at most 1,000, default 50; `pageToken` is where the last page ended. */
const gemini: ModelShape = {
  list(models, query) {
    const size = numberIn(query, { name: 'pageSize', fallback: 50, most: 1_000 })
    const token = query['pageToken']
    const start = token === undefined || token === '' ? 0 : Number(token)
    if (!Number.isSafeInteger(start) || start < 0 || start > models.length)
      throw new RefusedPage('"pageToken" must be the "nextPageToken" of the page before.')
    const next = start + size
    return {
      models: models.slice(start, next).map(gemini.one),
      ...(next < models.length && { nextPageToken: String(next) }),
    }
  },
  one: ({ id, info }) => ({
    name: `models/${id}`,
    baseModelId: info?.id ?? id,
    displayName: displayName(id, info),
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
  }),
}

export const modelShapes = { openai, anthropic, gemini } as const

function displayName(id: string, info: ListedModel['info']): string {
  return info?.displayName ?? info?.id ?? id
}

function numberIn(
  query: Query,
  { name, fallback, most }: { readonly name: string; readonly fallback: number; readonly most: number },
): number {
  const value = query[name]
  if (value === undefined || value === '') return fallback
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw new RefusedPage(`"${name}" must be a whole number from 1 to ${most}.`)
  return Math.min(number, most)
}

/** null where the query does not ask for one. */
function placeOf(models: readonly ListedModel[], id: unknown, name: string): number | null {
  if (id === undefined || id === '') return null
  const place = models.findIndex((model) => model.id === id)
  if (place < 0) throw new RefusedPage(`"${name}" is no model of the list.`)
  return place
}
