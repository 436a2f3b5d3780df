import { expect, test } from 'vitest'
import { minimalJson } from './minimal-json.ts'

test('required properties are there, others are not, and strings say that they are simulated', () => {
  const schema = {
    type: 'object',
    properties: {
      title: { type: 'string' },
      size: { type: 'integer', minimum: 3 },
      note: { type: 'string' },
    },
    required: ['title', 'size'],
  }
  expect(minimalJson(schema)).toEqual({ title: '[simulated]', size: 3 })
})

test.each<[unknown, unknown]>([
  [{ const: 7 }, 7],
  [{ enum: ['b', 'a'] }, 'b'],
  [{ type: ['null', 'string'] }, null],
  [{ type: 'boolean' }, false],
  [{ type: 'array', items: { type: 'number' }, minItems: 2 }, [0, 0]],
  [{ anyOf: [{ type: 'null' }, { type: 'string' }] }, null],
  [{ allOf: [{ type: 'object' }, { properties: { a: { type: 'null' } }, required: ['a'] }] }, { a: null }],
  [{ $ref: '#/$defs/name', $defs: { name: { enum: ['x'] } } }, 'x'],
  [{ type: 'object' }, {}],
])('%j becomes %j', (schema, document) => {
  expect(minimalJson(schema)).toEqual(document)
})

test('a schema that contains itself comes to an end', () => {
  const schema = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }
  expect(JSON.stringify(minimalJson(schema)).length).toBeGreaterThan(10)
})
