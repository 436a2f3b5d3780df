import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from './line-splitter.ts'

function split(chunks: readonly Uint8Array[], capBytes: number): { lines: string[]; overlong: number } {
  const splitter = new LineSplitter(capBytes)
  const lines = chunks.flatMap((chunk) => splitter.push(chunk))
  lines.push(...splitter.end())
  return { lines, overlong: splitter.overlong }
}

test('lines do not depend on how the bytes arrive', () => {
  const anyLines = fc.array(
    fc.string({ unit: 'binary', maxLength: 40 }).map((line) => line.replace(/[\r\n]/g, '')),
  )
  fc.assert(
    fc.property(anyLines, fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const chunks: Buffer[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(split(chunks, 1024).lines).toEqual(split([bytes], 1024).lines)
      expect(split(chunks, 1024).lines).toEqual(lines.map((line) => Buffer.from(line).toString('utf8')))
    }),
  )
})

test('a line over the cap is cut and counted once, and the next line is whole', () => {
  const { lines, overlong } = split(
    [Buffer.from('x'.repeat(50)), Buffer.from(`${'x'.repeat(50)}\nnext\n`)],
    20,
  )
  expect(lines).toEqual(['x'.repeat(20), 'next'])
  expect(overlong).toBe(1)
})

test('a line of exactly the cap is not over it', () => {
  expect(split([Buffer.from('12345\n67890\n')], 5)).toEqual({ lines: ['12345', '67890'], overlong: 0 })
})

test('carriage returns end lines too, the last line needs no end, broken UTF-8 is replaced', () => {
  const { lines } = split([Buffer.from([0x61, 0x0d, 0x0a, 0xff, 0x0a, 0x62])], 100)
  expect(lines).toEqual(['a', '\uFFFD', 'b'])
})
