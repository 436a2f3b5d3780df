import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Document } from 'yaml'
import { CliError } from '../errors.ts'

type Path = readonly string[]

/** A configuration file as something to edit: values are read and written by their path, all else stays as it is. */
interface Editable {
  get(at: Path): unknown
  set(at: Path, value: unknown): void
  remove(at: Path): void
  text(): string
}

/**
 * Writes into a configuration file that a plugin is enabled, or disabled, and keeps its comments. A file that is not there
 * is made. Gives whether something had to be changed. Throws `CONFIG_NOT_WRITTEN`, for TOML with what to write by hand.
 */
export async function setPluginEnabled(file: string, plugin: string, enabled: boolean): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw notWritten(file, error)
  })
  if (path.extname(file) === '.toml') throw tomlByHand(file, plugin, enabled)
  const config = path.extname(file) === '.json' ? editJson(text) : await editYaml(text)
  const before = config.text()
  if (enabled) enable(config, plugin)
  else if (!listAt(config, 'disabledPlugins').includes(plugin))
    config.set(['disabledPlugins'], [...listAt(config, 'disabledPlugins'), plugin])
  if (config.text() === before) return false
  await replaceFile(file, config.text()).catch((error: unknown) => {
    throw notWritten(file, error)
  })
  return true
}

/** Undoes each way in which a file can turn a plugin off. */
function enable(config: Editable, plugin: string): void {
  const disabled = listAt(config, 'disabledPlugins')
  if (disabled.includes(plugin))
    config.set(
      ['disabledPlugins'],
      disabled.filter((name) => name !== plugin),
    )
  const only = config.get(['enabledPlugins'])
  if (Array.isArray(only) && !only.includes(plugin)) config.set(['enabledPlugins'], [...only, plugin])
  if (config.get(['plugins', plugin, 'enabled']) === false) config.remove(['plugins', plugin, 'enabled'])
}

function listAt(config: Editable, key: string): readonly unknown[] {
  const value = config.get([key])
  return Array.isArray(value) ? value : []
}

async function editYaml(text: string): Promise<Editable> {
  const { isSeq, parseDocument } = await import('yaml')
  const document: Document = parseDocument(text)
  if (document.contents === null) document.contents = document.createNode({})
  return {
    get: (at) => {
      const node = document.getIn(at, true)
      return isSeq(node) ? node.toJSON() : document.getIn(at)
    },
    set: (at, value) => {
      const node = document.getIn(at, true)
      // Items that stay keep the comments beside them.
      if (isSeq(node) && Array.isArray(value)) {
        const kept = node.items.filter((item) => value.includes(jsonOf(item)))
        const known = kept.map(jsonOf)
        node.items = [
          ...kept,
          ...value.filter((one) => !known.includes(one)).map((one) => document.createNode(one)),
        ]
      } else document.setIn(at, document.createNode(value))
    },
    remove: (at) => void document.deleteIn(at),
    text: () => document.toString({ lineWidth: 0 }),
  }
}

function jsonOf(item: unknown): unknown {
  return (item as { toJSON?: () => unknown }).toJSON?.() ?? item
}

function last(at: Path): string {
  return at.at(-1) ?? ''
}

function editJson(text: string): Editable {
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  '
  const root = (text.trim() === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  const holder = (at: Path): Record<string, unknown> | undefined =>
    at
      .slice(0, -1)
      .reduce<Record<string, unknown> | undefined>(
        (value, key) => value?.[key] as Record<string, unknown> | undefined,
        root,
      )
  return {
    get: (at) => holder(at)?.[last(at)],
    set: (at, value) => Object.assign(holder(at) ?? {}, { [last(at)]: value }),
    remove: (at) => void delete holder(at)?.[last(at)],
    text: () => `${JSON.stringify(root, null, indent)}\n`,
  }
}

/** Writes beside the file and renames: whoever reads it meanwhile sees the one or the other, whole. */
async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  // Where the file is a link, what it leads to is replaced.
  const target = await realpath(file).catch(() => file)
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  )
  const draft = `${target}.${randomUUID().slice(0, 8)}`
  try {
    const handle = await open(draft, 'wx', mode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function tomlByHand(file: string, plugin: string, enabled: boolean): CliError {
  const hint = enabled
    ? `In ${file}, take "${plugin}" out of disabledPlugins.`
    : `In ${file}, write: disabledPlugins = ["${plugin}"], beside the names that are there.`
  return new CliError(
    'CONFIG_NOT_WRITTEN',
    `${file} is TOML, which cannot be edited without losing its comments`,
    {
      hint,
    },
  )
}

function notWritten(file: string, cause: unknown): CliError {
  if (CliError.is(cause)) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new CliError('CONFIG_NOT_WRITTEN', `${file} could not be changed: ${message}`, { cause })
}
