import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseParser } from './sse-parser.ts'
import type { SseEvent } from './sse-parser.ts'

function parse(chunks: readonly Uint8Array[]): SseEvent[] {
  const parser = createSseParser()
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()]
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...chunks, bytes.subarray(at)]
}

const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text))
const event = fc.record({
  event: line.filter((name) => !name.startsWith(' ')),
  data: fc.array(line, { minLength: 1, maxLength: 3 }),
})

describe('createSseParser', () => {
  it('reads what was written, under every line end and however it is cut', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 300 })
    fc.assert(
      fc.property(fc.array(event), fc.constantFrom('\n', '\r\n', '\r'), sizes, (events, end, parts) => {
        const text = events.map((one) =>
          [
            `event: ${one.event}`,
            ': a comment',
            'id: 7',
            ...one.data.map((data) => `data: ${data}`),
            '',
            '',
          ].join(end),
        )
        const wanted = events.map((one) => ({ event: one.event, data: one.data.join('\n') }))
        expect(parse(cut(Buffer.from(text.join('')), parts))).toEqual(wanted)
      }),
    )
  })

  it('skips a BOM, takes fields without a space or a colon, and an event without its blank line', () => {
    const text = '\uFEFFevent:a\ndata:1\n\ndata\n\n: only a comment\n\nevent: lonely\n\ndata: last'
    expect(parse([Buffer.from(text)])).toEqual([
      { event: 'a', data: '1' },
      { event: '', data: '' },
      { event: '', data: 'last' },
    ])
  })

  it('stops at a line that is too long, after the events before it, however it is cut', () => {
    const bytes = Buffer.from(`data: ok\n\ndata: ${'x'.repeat(100)}\n\ndata: after\n\n`)
    for (let at = 0; at <= bytes.length; at += 1) {
      const parser = createSseParser({ maxLineBytes: 64 })
      const events = [
        ...parser.push(bytes.subarray(0, at)),
        ...parser.push(bytes.subarray(at)),
        ...parser.end(),
      ]
      expect(events).toEqual([{ event: '', data: 'ok' }])
      expect(parser.overflowed).toBe(true)
    }
  })

  it('counts the lines of one event together', () => {
    const parser = createSseParser({ maxLineBytes: 64 })
    expect(parser.push(Buffer.from('data: 0123456789\n'.repeat(10)))).toEqual([])
    expect(parser.overflowed).toBe(true)
  })
})
