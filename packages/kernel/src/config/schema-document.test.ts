import type { StandardSchema } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createTestHost, plugin } from '../testing/test-host.ts'
import { schemaDocument } from './schema-document.ts'

test('a zod schema says what it takes: a key with a default may be left out', () => {
  expect(schemaDocument(z.object({ size: z.int().default(3), name: z.string() }))).toMatchObject({
    type: 'object',
    properties: { size: { type: 'integer', default: 3 }, name: { type: 'string' } },
    required: ['name'],
  })
})

test('JSON Schema is itself', () => {
  const schema = { type: 'object' }
  expect(schemaDocument(schema)).toBe(schema)
})

test('a schema that cannot be written down is null', () => {
  const plain: StandardSchema = {
    '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) },
  }
  expect(schemaDocument(plain)).toBeNull()
  expect(schemaDocument(z.object({ at: z.date() }))).toBeNull()
})

test('a plugin tells its schema, its prefix and how its handlers were added', async () => {
  const { manager } = createTestHost()
  await manager.loadPlugin({
    ...plugin('one', (ctx) => void ctx.hook('app.start', () => {}, { order: 'pre', timeoutMs: 9 })),
    config: z.object({ size: z.int().default(3) }),
  })
  await manager.loadPlugin({ ...plugin('two'), prefix: '/second' })
  const [one, two] = [manager.getPlugin('one'), manager.getPlugin('two')]
  expect(one.getConfigSchema()).toMatchObject({ properties: { size: { type: 'integer' } } })
  expect(two.getConfigSchema()).toBeNull()
  expect([one.prefix, two.prefix]).toEqual(['/one', '/second'])
  expect(one.handlers).toEqual([{ hook: 'app.start', order: 'pre', timeoutMs: 9, onError: 'continue' }])
  expect(one.hooks).toEqual(['app.start'])
})
