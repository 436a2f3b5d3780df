import Anthropic, { BadRequestError, NotFoundError } from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI, { NotFoundError as GptNotFound } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'

let gw: TestGateway
let claude: Anthropic
let gpt: OpenAI
let google: GoogleGenAI
const MANY = Array.from({ length: 45 }, (_unused, index) => `m-${index}`)
const listMany = () => MANY.map((id) => ({ id, displayName: `Number ${id}`, created: 1_700_000_000 }))
const ALL = [
  'ant/ant-model',
  'ant/shared-model',
  'oai/oai-model',
  'oai/shared-model',
  ...MANY.map((id) => `many/${id}`),
  'fast',
]
beforeAll(async () => {
  gw = await startGateway({
    aliases: { fast: ['ant/ant-model'] },
    setup: (ctx) => {
      ctx.provider(provider('many', 'anthropic', 'http://127.0.0.1:9', { models: listMany }))
    },
  })
  claude = new Anthropic({ baseURL: gw.url, apiKey: OWNER_TOKEN, maxRetries: 0 })
  gpt = new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  google = new GoogleGenAI({ apiKey: OWNER_TOKEN, httpOptions: { baseUrl: gw.url } })
})
afterAll(() => gw.close())

async function idsOf<T>(list: AsyncIterable<T>, id: (model: T) => unknown): Promise<unknown[]> {
  const ids: unknown[] = []
  for await (const model of list) ids.push(id(model))
  return ids
}

test('each vendor’s client walks over every page of the list', async () => {
  expect(await idsOf(gpt.models.list(), ({ id }) => id)).toEqual(ALL)
  expect(await idsOf(claude.models.list(), ({ id }) => id)).toEqual(ALL)
  expect(await idsOf(claude.models.list({ limit: 7 }), ({ id }) => id)).toEqual(ALL)
  expect(await idsOf(claude.models.list({ limit: 1000 }), ({ id }) => id)).toEqual(ALL)
  const pages = await google.models.list({ config: { pageSize: 8 } })
  expect(await idsOf(pages, ({ name }) => name)).toEqual(ALL.map((id) => `models/${id}`))
})

test('Anthropic’s pages go backwards too', async () => {
  const back: string[] = []
  for await (const { id } of claude.models.list({ limit: 9, before_id: 'fast' })) back.push(id)
  expect(back.toSorted()).toEqual(ALL.slice(0, -1).toSorted())
  const page = await claude.models.list({ limit: 2, before_id: 'many/m-0' })
  expect(page).toMatchObject({ has_more: true, first_id: 'oai/oai-model', last_id: 'oai/shared-model' })
})

test('each vendor’s client gets one model, and its own kind of error for one there is not', async () => {
  expect(await gpt.models.retrieve('many/m-3')).toEqual({
    id: 'many/m-3',
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'many',
  })
  expect(await claude.models.retrieve('many/m-3')).toMatchObject({
    id: 'many/m-3',
    type: 'model',
    display_name: 'Number m-3',
    created_at: '2023-11-14T22:13:20.000Z',
  })
  expect(await google.models.get({ model: 'many/m-3' })).toMatchObject({
    name: 'models/many/m-3',
    displayName: 'Number m-3',
  })
  expect((await gpt.models.retrieve('fast')).owned_by).toBe('agentproxy')
  await expect(gpt.models.retrieve('many/m-99')).rejects.toThrow(GptNotFound)
  await expect(claude.models.retrieve('many/m-99')).rejects.toThrow(NotFoundError)
  await expect(google.models.get({ model: 'many/m-99' })).rejects.toThrow(/NOT_FOUND|404/)
})

test('below a provider’s name the list is that provider’s, by its own names', async () => {
  const pinned = new OpenAI({ baseURL: `${gw.url}/ant/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  expect(await idsOf(pinned.models.list(), ({ id }) => id)).toEqual(['ant-model', 'shared-model'])
  expect((await pinned.models.retrieve('ant-model')).id).toBe('ant-model')
  await expect(pinned.models.retrieve('fast')).rejects.toThrow(GptNotFound)
  const own = new GoogleGenAI({ apiKey: OWNER_TOKEN, httpOptions: { baseUrl: `${gw.url}/ant` } })
  expect(await idsOf(await own.models.list(), ({ name }) => name)).toEqual([
    'models/ant-model',
    'models/shared-model',
  ])
})

test('a key in Google’s header asks for Google’s shape', async () => {
  const answer = await fetch(`${gw.url}/v1/models`, { headers: { 'x-goog-api-key': OWNER_TOKEN } })
  expect(await answer.json()).toHaveProperty('models')
})

test('a page there is not is refused', async () => {
  await expect(claude.models.list({ after_id: 'none' })).rejects.toThrow(BadRequestError)
  await expect(claude.models.list({ limit: -1 })).rejects.toThrow(BadRequestError)
  for (const token of ['-1', '9999', 'x', '1.5']) {
    const answer = await fetch(`${gw.url}/v1beta/models?pageToken=${token}`, {
      headers: { 'x-goog-api-key': OWNER_TOKEN },
    })
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { status: 'INVALID_ARGUMENT' } },
    ])
  }
})
