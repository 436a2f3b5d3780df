import { assert, constantFrom, integer, json, jsonValue, oneof, property, record, string } from 'fast-check'
import { expect, it } from 'vitest'
import { readGuestMessage } from './guest-message.ts'

it('never throws, and never gives a value that could change a prototype', () => {
  const value = jsonValue({ maxDepth: 4 })
  const message = record(
    {
      op: constantFrom('ready', 'failed', 'result', 'pong', 'log', 'emit', 'request', 'other'),
      id: oneof(integer(), value),
      kind: constantFrom('fetch', 'read', 'write', 'other'),
      value,
      declarations: value,
      ['__proto__']: value,
      level: constantFrom('info', '__proto__', 'constructor'),
    },
    { requiredKeys: [] },
  )
  assert(
    property(
      oneof(
        message.map((one) => JSON.stringify(one)),
        string(),
        json(),
      ),
      (text) => {
        const read = readGuestMessage(text)
        if (read === null) return
        const copy = JSON.stringify(read, (_key, one: unknown) => {
          if (typeof one === 'object' && one !== null) expect(Object.hasOwn(one, '__proto__')).toBe(false)
          return one
        })
        expect(copy).not.toBe('')
      },
    ),
  )
})

it.each([
  ['a text that is no JSON', '{'],
  [
    'a message nested too deep',
    `{"op":"result","id":1,"ok":true,"value":${'['.repeat(500)}${']'.repeat(500)}}`,
  ],
  ['an id of another type', '{"op":"result","id":"1","ok":true}'],
  ['an id that is not a number of its own', '{"op":"pong","id":-1}'],
  ['a log level that is a method of objects', '{"op":"log","level":"constructor","message":"x"}'],
  ['declarations that are no list', '{"op":"ready","declarations":{"length":1}}'],
  ['a request of no kind', '{"op":"request","id":1,"kind":"spawn"}'],
  ['a list', '[]'],
])('takes no %s', (_what, text) => {
  expect(readGuestMessage(text)).toBeNull()
})
