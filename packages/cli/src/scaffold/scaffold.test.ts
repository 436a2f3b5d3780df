import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PluginManager } from '@agentproxy/kernel'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { SILENT_LOGGER } from '../app/log.ts'
import { scaffold } from './scaffold.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const variants = [
  { name: 'sys', kind: 'system', classStyle: false, javascript: false },
  { name: 'sys-js', kind: 'system', classStyle: false, javascript: true },
  { name: 'klass', kind: 'system', classStyle: true, javascript: false },
  { name: 'klass-js', kind: 'system', classStyle: true, javascript: true },
  { name: 'up', kind: 'provider', classStyle: false, javascript: false },
  { name: 'up-js', kind: 'provider', classStyle: false, javascript: true },
  { name: 'work', kind: 'agent', classStyle: false, javascript: false },
  { name: '2work', kind: 'agent', classStyle: false, javascript: true },
] as const

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'agentproxy-scaffold-'))
  for (const variant of variants) {
    await mkdir(path.join(folder, variant.name))
    const files = scaffold({ ...variant, withTests: true, version: '0.1.0' })
    for (const [file, text] of Object.entries(files))
      await writeFile(path.join(folder, variant.name, file), text)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function load(name: string, config?: unknown) {
  const manager = new PluginManager({ log: SILENT_LOGGER })
  onTestFinished(() => manager.shutdownAll())
  return { manager, info: await manager.loadPlugin(path.join(folder, name), { config }) }
}

describe('a new plugin', () => {
  test.each(variants)(
    '$name loads as it is, from a folder with nothing installed',
    async ({ name, kind }) => {
      const { manager, info } = await load(name)
      expect(info).toMatchObject({ name, version: '0.1.0', kind, status: 'active' })
      if (kind === 'system')
        expect(await manager.executeTool(`${name}.greet`, { name: 'Ada' })).toBe('Hello, Ada!')
      expect(info.providers).toEqual(kind === 'provider' ? [name] : [])
      expect(info.agents).toEqual(kind === 'agent' ? [name] : [])
    },
  )

  test.each(['sys', 'sys-js', 'klass', 'klass-js'])(
    '%s takes its setting and refuses a wrong one',
    async (name) => {
      const { manager, info } = await load(name, { greeting: 'Ahoy' })
      expect(info.hooks).toEqual(['task.complete'])
      expect(await manager.executeTool(`${name}.greet`, { name: 'Ada' })).toBe('Ahoy, Ada!')
      await expect(load(name, { greeting: 5 })).rejects.toThrow(/greeting/)
    },
  )

  test('provider answers whole and streamed', async () => {
    const { manager } = await load('up')
    const url = manager.live.providers.get('up')?.value.endpoints['openai-chat']?.url ?? ''
    const ask = async (stream: boolean): Promise<string> =>
      (await fetch(url, { method: 'POST', body: JSON.stringify({ model: 'echo', stream }) })).text()
    expect(JSON.parse(await ask(false))).toMatchObject({
      choices: [{ message: { content: 'Hello from up.' }, finish_reason: 'stop' }],
    })
    expect(await ask(true)).toMatch(/Hello from up\.[\s\S]*data: \[DONE\]\n\n$/)
  })

  test('in TypeScript is right for the compiler too', { timeout: 60_000 }, async () => {
    const compilerOptions = {
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      exactOptionalPropertyTypes: true,
      types: ['node'],
      typeRoots: [path.join(root, 'node_modules/@types')],
      paths: { '@agentproxy/plugin': [path.join(root, 'packages/plugin/src/index.ts')] },
    }
    const include = variants.filter(({ javascript }) => !javascript).map(({ name }) => `${name}/index.ts`)
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
    const run = promisify(execFile)(process.execPath, [tsc, '-p', folder])
    await expect(
      run.then(
        () => '',
        (error: { stdout: string }) => error.stdout,
      ),
    ).resolves.toBe('')
  })
})
