import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { PluginManager } from '@agentproxy/kernel'
import type { PluginDefinition } from '@agentproxy/plugin'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesEnding, root } from '../repository.ts'

const run = promisify(execFile)

interface Example {
  /** Page and line. */
  readonly where: string
  readonly file: string
  readonly code: string
  /** `plugin`: loaded. `script`: run. `test`: run by Node's test runner. */
  readonly kind: 'plugin' | 'script' | 'test'
}

/** Every `ts` block of the guides, the reference and the decisions. */
const examples: readonly Example[] = filesEnding(join(root, 'docs'), '.md').flatMap((page) => {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].flatMap((block, index): readonly Example[] => {
    const code = block[1] ?? ''
    // It is a file of an example, word for word, and run there.
    if (code.includes(`from './index.ts'`)) return []
    const name = relative(root, page)
    const where = `${name}:${text.slice(0, block.index).split('\n').length}`
    const file = `${name.replaceAll(/\W+/g, '-')}-${index}.ts`
    return [{ where, file, ...program(code) }]
  })
})

/** What stands alone is taken as it is; lines that only use `ctx` are the body of a plugin's `setup`. */
function program(code: string): Pick<Example, 'code' | 'kind'> {
  if (/^export default/m.test(code)) return { code, kind: 'plugin' }
  if (/from 'node:test'/.test(code)) return { code, kind: 'test' }
  if (/^import /m.test(code)) return { code, kind: 'script' }
  return {
    kind: 'plugin',
    code: `import { block, definePlugin, modify, ok } from '@agentproxy/plugin'
void [block, modify, ok]
export default definePlugin({
  name: 'my-plugin',
  version: '1.0.0',
  async setup(ctx) {
${code}
  },
})
`,
  }
}

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  skipLibCheck: true,
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentproxy-docs-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  for (const { file, code } of examples) await writeFile(join(folder, file), code)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the TypeScript of the documentation', () => {
  test('compiles under strict rules', async () => {
    const problems = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    )
    const located = examples.reduce((text, { file, where }) => text.replaceAll(file, where), problems)
    expect(located).toBe('')
  }, 120_000)

  for (const { where, file, kind } of examples) {
    const compiled = () => join(folder, file.replace(/ts$/, 'js'))
    if (kind === 'plugin')
      test(`${where} loads as a plugin and goes again`, async () => {
        const manager = new PluginManager()
        const module = (await import(pathToFileURL(compiled()).href)) as Record<string, PluginDefinition>
        const { default: own, ...others } = module
        try {
          for (const dependency of Object.values(others)) await manager.loadPlugin(dependency)
          if (own !== undefined) await manager.loadPlugin(own)
          expect((await manager.healthCheck()).status).not.toBe('fail')
        } finally {
          await manager.shutdownAll()
        }
      })
    else
      test(`${where} runs`, async () => {
        const args = kind === 'test' ? ['--test', compiled()] : [compiled()]
        await run(process.execPath, args, { cwd: folder })
      }, 60_000)
  }
})
