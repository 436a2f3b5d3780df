import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CliError } from '../errors.ts'
import { setPluginEnabled } from './edit-config.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'agentproxy-config-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What a file of this content becomes. */
async function edited(name: string, before: string | null, plugin: string, enabled: boolean) {
  const file = path.join(folder, name)
  if (before !== null) await writeFile(file, before)
  const changed = await setPluginEnabled(file, plugin, enabled)
  expect(await readdir(path.dirname(file))).toEqual(changed || before !== null ? [path.basename(file)] : [])
  return { changed, text: await readFile(file, 'utf8').catch(() => null) }
}

const COMMENTED = `# mine
server: { port: 9000 } # not the default

# off for now
disabledPlugins:
  - cache # it ate my disk
  - other
`

describe('a YAML file', () => {
  test('keeps its comments and its other settings', async () => {
    const { text } = await edited('config.yaml', COMMENTED, 'hello', false)
    expect(text).toBe(`${COMMENTED}  - hello\n`)
    expect((await edited('config.yaml', text, 'hello', true)).text).toBe(COMMENTED)
    expect((await edited('config.yaml', COMMENTED, 'other', true)).text).toBe(
      COMMENTED.replace('  - other\n', ''),
    )
  })

  test('that is empty, or holds only comments, or is not there, gets the list', async () => {
    expect((await edited('config.yaml', '', 'hello', false)).text).toBe('disabledPlugins:\n  - hello\n')
    const { text } = await edited('config.yaml', '# nothing yet\n', 'hello', false)
    expect(text).toContain('# nothing yet\n')
    expect(text).toContain('disabledPlugins:\n  - hello\n')
    expect((await edited('new/config.yaml', null, 'hello', false)).changed).toBe(true)
  })

  test('is not touched where there is nothing to do', async () => {
    expect((await edited('config.yaml', COMMENTED, 'cache', false)).changed).toBe(false)
    expect((await edited('config.yaml', COMMENTED, 'hello', true)).changed).toBe(false)
  })

  test('is rid of every way to turn the plugin off', async () => {
    const before = 'enabledPlugins: [cache]\nplugins:\n  hello: { enabled: false, size: 3 }\n'
    const { text } = await edited('config.yaml', before, 'hello', true)
    expect(text).toBe('enabledPlugins: [ cache, hello ]\nplugins:\n  hello: { size: 3 }\n')
  })

  test('that is a link stays one, and keeps its mode', async () => {
    const target = path.join(folder, 'dotfiles.yaml')
    const file = path.join(folder, 'config.yaml')
    await writeFile(target, COMMENTED)
    await chmod(target, 0o640)
    await symlink(target, file)
    await setPluginEnabled(file, 'hello', false)
    expect(await readlink(file)).toBe(target)
    expect(await readFile(target, 'utf8')).toContain('- hello')
    expect((await stat(target)).mode & 0o777).toBe(0o640)
  })
})

describe('other formats', () => {
  test('JSON keeps its indentation', async () => {
    const before =
      '{\n    "disabledPlugins": ["cache"],\n    "plugins": { "hello": { "enabled": false } }\n}\n'
    const { text } = await edited('config.json', before, 'hello', true)
    expect(text).toBe(
      '{\n    "disabledPlugins": [\n        "cache"\n    ],\n    "plugins": {\n        "hello": {}\n    }\n}\n',
    )
    expect(JSON.parse((await edited('config.json', text, 'hello', false)).text ?? '')).toMatchObject({
      disabledPlugins: ['cache', 'hello'],
    })
  })

  test('TOML is refused with what to write', async () => {
    const refused = await edited('config.toml', 'disabledPlugins = []', 'hello', false).catch(
      (error: unknown) => error,
    )
    expect(CliError.is(refused) && [refused.code, refused.hint]).toEqual([
      'CONFIG_NOT_WRITTEN',
      `In ${path.join(folder, 'config.toml')}, write: disabledPlugins = ["hello"], beside the names that are there.`,
    ])
  })
})
