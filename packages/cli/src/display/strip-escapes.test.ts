import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { oneLine, stripEscapes } from './strip-escapes.ts'
import { wrap } from './wrap.ts'

describe('stripEscapes', () => {
  test.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['cursor movement', 'a\u001b[2J\u001b[1;1Hb', 'ab'],
    ['a clipboard write ended by BEL', 'a\u001b]52;c;cGF5bG9hZA==\u0007b', 'ab'],
    ['a title ended by ST', 'a\u001b]0;title\u001b\\b', 'ab'],
    ['a link', '\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007', 'click'],
    ['a device control string', 'a\u001bP+q544e\u001b\\b', 'ab'],
    ['eight-bit CSI', 'a\u009b31mb', 'ab'],
    ['a lone escape', 'a\u001b', 'a'],
    ['an unended sequence, up to the line end', 'a\u001b]0;title\nb', 'a\nb'],
    ['bell and backspace', 'a\u0007\u0008b', 'ab'],
    ['text turned around', 'a\u202eb\u2066c', 'abc'],
    ['invisible and tag characters', 'a\u200b\ufeff\u{e0041}b', 'ab'],
    ['carriage returns', 'one\r\ntwo\rthree', 'one\ntwo\nthree'],
    ['nothing of ordinary text', 'tab\tnaïve 漢字 👩‍👩‍👧 ok\n', 'tab\tnaïve 漢字 👩‍👩‍👧 ok\n'],
  ])('removes %s', (_, dirty, clean) => {
    expect(stripEscapes(dirty)).toBe(clean)
  })

  test('whatever comes in, no control character comes out', () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001b[',
        '\u001b]',
        '\u001b\\',
        '\u009c',
        '\u0007',
        'm',
        ';',
        '\u001bP',
        '\u001b\u001b',
      ),
    )
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const codes = Array.from(stripEscapes(parts.join('')), (character) => character.codePointAt(0) ?? 0)
        const controls = codes.filter(
          (code) => (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160),
        )
        expect(controls).toEqual([])
      }),
    )
  })
})

describe('lines', () => {
  test('oneLine folds white space and cuts with an ellipsis', () => {
    expect(oneLine('a\n  b\tc', 10)).toBe('a b c')
    expect(oneLine('abcdefghij', 10)).toBe('abcdefghij')
    expect(oneLine('abcdefghijk', 10)).toBe('abcdefghi…')
    expect(oneLine('漢字漢字', 5)).toBe('漢字…')
  })

  test('wrap breaks at spaces, and inside a word only when it must', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox'])
    expect(wrap('abcdefghijklm', 5)).toEqual(['abcde', 'fghij', 'klm'])
    expect(wrap('\n\n a\n\nb \n', 10)).toEqual([' a', '', 'b'])
    expect(wrap('', 10)).toEqual([])
  })

  test('wrap keeps every line within the width and loses no word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '漢', 'é'), minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(fc.array(word), fc.integer({ min: 2, max: 30 }), (words, width) => {
        const lines = wrap(words.join(' '), width)
        for (const line of lines)
          expect(
            Array.from(line, (c) => (c === '漢' ? 2 : 1)).reduce((a, b) => a + b, 0),
          ).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''))
      }),
    )
  })
})
