import { expect, test } from 'vitest'
import { Capture } from './capture.ts'
import { createRedactor } from './redact.ts'

const CANARY = 'canary+0123456789/abcdef'
const { text, headers } = createRedactor({ VENDOR_API_KEY: CANARY, SHORT_TOKEN: 'on', PATH: '/usr/bin' })

test('secret headers are hidden, others are not', () => {
  const names = [
    'authorization',
    'x-api-key',
    'x-goog-api-key',
    'cookie',
    'set-cookie',
    'proxy-authorization',
  ]
  for (const name of names) expect(headers([[name, 'plain']])).toEqual([[name, '[redacted]']])
  expect(headers([['content-type', 'application/json']])).toEqual([['content-type', 'application/json']])
})

test.each([
  ['a known value', `x ${CANARY} y`],
  ['in base64', Buffer.from(CANARY).toString('base64')],
  ['in hexadecimal', Buffer.from(CANARY).toString('hex')],
  ['in a URL', `/v1?x=${encodeURIComponent(CANARY)}`],
  ['a vendor key', 'my key is sk-ant-REDACT0123456789'],
  ['a token of a task', 'ap-task-REDACT0123456789'],
  ['a key for a program', 'ap-key-REDACT0123456789'],
  ['a bearer', 'Bearer REDACT0123456789'],
  ['a parameter', 'https://h/p?alt=sse&key=REDACT1&x=1'],
  ['a member', '{"api_key": "REDACT2", "x": 1}'],
  ['a member within a string', JSON.stringify({ arguments: '{"password":"REDACT3"}' })],
  ['a private key that is cut', '-----BEGIN RSA PRIVATE KEY-----\nREDACT4'],
])('%s is taken out of text', (_what, given) => {
  const clean = text(given)
  expect(clean).toContain('[redacted]')
  expect(clean).not.toMatch(/REDACT\d|canary|Y2FuYXJ5|63616e617279/)
})

test('what is no secret stays as it is', () => {
  const plain =
    '{"model":"m","max_tokens":5,"token":"Hello","messages":[{"content":"ask-away on /usr/bin?x=1"}]}'
  expect(text(plain)).toBe(plain)
})

test('a body is cut at its limit, and with it the word that may be half a secret', () => {
  const capture = new Capture(20)
  capture.push(Buffer.from(`{"a": "${CANARY}"}`))
  capture.end('whole')
  expect(capture.read(text)).toEqual({ text: '{"a": "', bytes: 33, droppedBytes: 13, ended: 'whole' })
})
