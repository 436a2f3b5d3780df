import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './repository.ts'

const text = readFileSync(path.join(root, 'docs/reference/faults.md'), 'utf8')
const rows = text
  .split('\n')
  .filter((line) => /^\| F\d\d \|/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '')))

describe('the table of faults', () => {
  test.each(rows)('%s: %s', (...cells) => {
    const proof = cells.at(-1)
    const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(proof ?? '') ?? []
    expect(file).not.toBe('')
    expect(readFileSync(path.join(root, file), 'utf8')).toContain(name)
  })

  test('names every case that a test names', () => {
    const named = new Set(rows.map(([name]) => name))
    for (const file of ['answer-head', 'stream-shapes', 'hostile-client'])
      for (const [name] of readFileSync(
        path.join(root, `packages/gateway/src/faults/${file}.test.ts`),
        'utf8',
      ).matchAll(/\bF\d\d(?=[:,])/g))
        expect(named).toContain(name)
  })
})
