import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { noteOf } from './openapi-document.ts'
import { routeNotes } from './route-notes.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: unknown }[]
  readonly requestBody?: { required: boolean; content: Record<string, unknown> }
  readonly responses: Record<string, { description?: string; $ref?: string }>
  readonly security: readonly Record<string, unknown>[]
  readonly 'x-agentproxy-access': string
}

interface Document {
  readonly openapi: string
  readonly info: Record<string, unknown>
  readonly tags: readonly { name: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: Record<string, Record<string, unknown>>
}

let gw: TestGateway
let document: Document
beforeAll(async () => {
  gw = await startGateway()
  const answer = await fetch(`${gw.url}/openapi.json`, { headers: { 'x-api-key': OWNER_TOKEN } })
  document = (await answer.json()) as Document
})
afterAll(() => gw.close())

function operations() {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  )
}

test('it is an OpenAPI 3.1 document with all that one must have', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/)
  expect(document.info).toMatchObject({ title: 'agentproxy', version: '9.9.9' })
  const tags = document.tags.map(({ name }) => name)
  expect(operations().length).toBeGreaterThan(40)
  for (const { path, method, operation } of operations()) {
    expect(path, path).toMatch(/^\/(?:[A-Za-z0-9._-]+|\{\w+\})?(?:\/(?:[A-Za-z0-9._-]+|\{\w+\}))*$/)
    expect(['get', 'head', 'post', 'put', 'patch', 'delete', 'options']).toContain(method)
    expect(operation.summary, path).not.toBe('')
    expect(operation.tags.every((tag) => tags.includes(tag))).toBe(true)
    expect(Object.keys(operation.responses)).toEqual(['200', '4XX', '5XX'])
    const declared = (operation.parameters ?? []).map(({ name }) => name)
    expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    expect(operation.parameters?.every((one) => one.in === 'path' && one.required) ?? true).toBe(true)
    if (method === 'get' || method === 'head') expect(operation).not.toHaveProperty('requestBody')
    for (const requirement of operation.security)
      expect(Object.keys(document.components['securitySchemes'] ?? {})).toContain(Object.keys(requirement)[0])
  }
  const ids = operations().map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('every reference leads somewhere, and no two paths are one but for the names of their parts', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)]
  expect(references.length).toBeGreaterThan(0)
  for (const [, pointer = ''] of references) {
    const target = pointer
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document)
    expect(target, pointer).toBeDefined()
  }
  const shapes = Object.keys(document.paths).map((path) => path.replaceAll(/\{\w+\}/g, '{}'))
  expect(new Set(shapes).size).toBe(shapes.length)
})

test('every route has its note, and every note its route', () => {
  const noted = operations().filter(({ path, method }) => noteOf(method.toUpperCase(), path) !== undefined)
  expect(noted.length).toBe(operations().length)
  const served = new Set(operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`))
  expect(Object.keys(routeNotes).filter((name) => !served.has(name))).toEqual([])
})

test('who may use a route is said', () => {
  const { paths } = document
  expect(paths['/health']?.['get']?.security).toEqual([])
  expect(paths['/metrics']?.['get']?.['x-agentproxy-access']).toBe('owner')
  expect(paths['/v1/messages']?.['post']?.['x-agentproxy-access']).toBe('token')
  expect(paths['/v1/messages']?.['post']?.requestBody?.required).toBe(true)
})

test('a linter of OpenAPI finds nothing in it', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const problems = await lintFromString({ source: JSON.stringify(document), config })
  expect(
    problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer })),
  ).toEqual([])
})
