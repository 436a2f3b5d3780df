import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanRequest } from './index.ts'

/** What the scan must say, by way of JSON.parse. */
function expected(text: string): { model: string | null; stream: boolean } | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    const { model, stream } = value as Record<string, unknown>
    return { model: typeof model === 'string' ? model : null, stream: stream === true }
  } catch {
    return null
  }
}

function scanned(text: string): { model: string | null; stream: boolean } | null {
  const bytes = Buffer.from(text)
  const scan = scanRequest(bytes)
  if (scan === null) return null
  if (scan.model !== null) {
    expect(JSON.parse(bytes.subarray(scan.model.start, scan.model.end).toString())).toBe(scan.model.value)
  }
  return { model: scan.model?.value ?? null, stream: scan.stream }
}

/** Every character of a key may also be written as an escape. */
function escaped(key: string, mask: readonly boolean[]): string {
  const letters = key.split('').map((letter, index) => {
    const code = letter.charCodeAt(0).toString(16).padStart(4, '0')
    return mask[index] ? `\\u${code}` : JSON.stringify(letter).slice(1, -1)
  })
  return `"${letters.join('')}"`
}

const key = fc
  .tuple(
    fc.oneof(fc.constantFrom('model', 'stream', 'Model', 'models', ''), fc.string()),
    fc.array(fc.boolean()),
  )
  .map(([name, mask]) => escaped(name, mask))
const value = fc.oneof(
  fc.constantFrom(
    'true',
    'false',
    'null',
    '"gpt"',
    '"a\\"b\\\\"',
    '"\\u006dodel"',
    '{"model":"inner","stream":true}',
    '1e3',
  ),
  fc.json(),
  fc.string({ maxLength: 200 }).map((text) => JSON.stringify(`${text}\\"`)),
)
const space = fc.constantFrom('', ' ', '\n\t', '\r')
const hostile = fc
  .array(fc.tuple(key, space, value, space))
  .map(
    (entries) =>
      `{${entries.map(([name, before, item, after]) => `${name}${before}:${after}${item}${before}`).join(',')}}`,
  )

describe('scanRequest', () => {
  it('agrees with JSON.parse on any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(scanned(text)).toEqual(expected(text))
      }),
    )
  })

  it('agrees with JSON.parse on objects with duplicate and escaped keys', () => {
    const agrees = fc.property(hostile, (text) => {
      expect(scanned(text)).toEqual(expected(text))
    })
    fc.assert(agrees, { numRuns: 500 })
  })

  it('takes the last of duplicate keys and ignores nested ones', () => {
    const text =
      '{"model":"a","messages":[{"model":"b","x":"]}\\""}],"\\u006dodel":"c","stream":true,"stream":false}'
    expect(scanned(text)).toEqual({ model: 'c', stream: false })
  })

  it('gives byte offsets that survive characters of several bytes', () => {
    const text = '{"system":"日本 🌧️","model":"claude"}'
    const bytes = Buffer.from(text)
    const scan = scanRequest(bytes)
    const { start, end } = scan?.model ?? { start: 0, end: 0 }
    const spliced = Buffer.concat([bytes.subarray(0, start), Buffer.from('"other"'), bytes.subarray(end)])
    expect(JSON.parse(spliced.toString())).toEqual({ system: '日本 🌧️', model: 'other' })
  })

  it.each([
    '',
    '[]',
    '"model"',
    '{',
    '{"model":"a"',
    '{"model":"a"} x',
    '{"model":}',
    '{model:1}',
    '{"a":tru}',
    '{"a":1,}',
    '{"a" 1}',
    '{"model":"a',
  ])('says that %j is no JSON object', (text) => expect(scanRequest(Buffer.from(text))).toBeNull())

  it('passes over megabytes of escaped quotes', () => {
    const body = JSON.stringify({ messages: ['\\"'.repeat(1_000_000)], model: 'm' })
    expect(scanned(body)).toEqual({ model: 'm', stream: false })
  })
})
