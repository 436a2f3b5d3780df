import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { hookKinds } from '@agentproxy/plugin'
import { contractRules } from '@agentproxy/plugin-testing'
import { describe, expect, test } from 'vitest'
import { filesEnding, root } from './repository.ts'

const pages = filesEnding(root, '.md')

/** Codes of every exported `...ErrorCode` union, but for those that never leave a plugin. */
function errorCodes(): string[] {
  const unions = filesEnding(join(root, 'packages'), '.ts')
    .concat(filesEnding(join(root, 'plugins'), '.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/export type \w+ErrorCode =([\s\S]*?)\n\n/g)])
    .map((match) => match[1] ?? '')
  return [...new Set(unions.flatMap((union) => union.match(/(?<=')[A-Z][A-Z_]+(?=')/g) ?? []))].toSorted()
}

describe('reference pages keep step with the code', () => {
  test('every error code has a section, and every section a code', () => {
    const text = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')
    const sections = [...text.matchAll(/^### ([A-Z_]+)$/gm)].map((match) => match[1])
    expect([...new Set(sections)].toSorted()).toEqual(errorCodes())
  })

  test('every hook is in the table with its kind, and the table names no other', () => {
    const text = readFileSync(join(root, 'docs/reference/hooks.md'), 'utf8')
    const rows = [...text.matchAll(/^\| `([a-z.-]+)` \| (\w+) \|/gm)].map((match) => [match[1], match[2]])
    expect(Object.fromEntries(rows)).toEqual(hookKinds)
  })

  test('what is generated from the types is up to date', () => {
    execFileSync(process.execPath, [join(root, 'scripts/docs.mjs'), '--check'])
  })

  test('every check of the contract kit is in the table of its guide, under its own title', () => {
    const text = readFileSync(join(root, 'docs/guides/testing-plugins.md'), 'utf8')
    const rows = [...text.matchAll(/^\| `([a-z-]+\.[a-z-]+)` \| (.+) \|$/gm)].map(([, id, title]) => ({
      id,
      title,
    }))
    expect(rows).toEqual(contractRules)
  })

  test.each(['docs/guides/testing-plugins.md', 'packages/plugin-testing/README.md'])(
    'the code in %s is that of the examples, which are compiled and run',
    (page) => {
      const tests = filesEnding(join(root, 'examples'), '.test.ts').map((file) => readFileSync(file, 'utf8'))
      const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)]
      expect(blocks.length).toBeGreaterThan(0)
      expect(blocks.map((match) => match[1]).filter((code) => !tests.includes(code ?? ''))).toEqual([])
    },
  )

  test('every path a page links to exists', () => {
    const broken = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !existsSync(join(dirname(page), target)))
        .map((target) => `${relative(root, page)} -> ${target}`),
    )
    expect(broken).toEqual([])
  })

  test('every file named in ARCHITECTURE.md exists', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    const named = [
      ...text.matchAll(/`((?:packages|plugins|examples|test|scripts|bench|docs)\/[\w./-]+)`/g),
    ].map((match) => match[1] ?? '')
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})
