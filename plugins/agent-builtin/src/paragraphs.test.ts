import { array, assert, constantFrom, property } from 'fast-check'
import { expect, test } from 'vitest'
import { createParagraphs } from './paragraphs.ts'

test('however a text is cut, its paragraphs come out whole and nothing but blank lines is lost', () => {
  const pieces = array(constantFrom('a', ' b', '\n', '\n\n', '  indented', 'c d'))
  assert(
    property(pieces, (parts) => {
      const seen: string[] = []
      const paragraphs = createParagraphs((text) => seen.push(text))
      for (const part of parts) paragraphs.push(part)
      paragraphs.end()
      expect(seen.join('').replace(/\s/g, '')).toBe(parts.join('').replace(/\s/g, ''))
      for (const text of seen) expect(text).toMatch(/^[^\n]*\S[^]*\S$|^[^\n]*\S$/)
    }),
  )
})

test('a paragraph is handed on as soon as the next one begins', () => {
  const seen: string[] = []
  const paragraphs = createParagraphs((text) => seen.push(text))
  for (const part of ['one\n', '\ntw', 'o\n\nthr']) paragraphs.push(part)
  expect(seen).toEqual(['one', 'two'])
  paragraphs.end()
  expect(seen).toEqual(['one', 'two', 'thr'])
})
