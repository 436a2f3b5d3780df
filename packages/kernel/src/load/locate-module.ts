import { readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ModuleLocation } from './import-module.ts'

const ENTRIES = ['index.ts', 'index.mts', 'index.js', 'index.mjs', 'index.cjs']

/** Finds what a module specifier means: a file, a folder with an entry, or an installed package as seen from `cwd`. */
export async function locateModule(specifier: string, cwd: string): Promise<ModuleLocation> {
  const path = pathOf(specifier, cwd)
  if (path === null) return locatePackage(specifier, cwd)
  const found = await stat(path).catch(() => null)
  if (found === null) throw new Error('there is no such file or folder')
  const entry = found.isDirectory() ? await folderEntry(path) : path
  if (entry === null)
    throw new Error(`the folder has no package.json with a "main", and none of ${ENTRIES.join(', ')}`)
  const root = found.isDirectory() ? path : dirname(path)
  return { specifier: pathToFileURL(entry).href, from: root, root }
}

/**
 * The file a plugin folder starts with: its package.json's `agentproxy.plugin`, else its `main`, else its index file, else
 * null.
 */
export async function folderEntry(folder: string): Promise<string | null> {
  const manifest = await readManifest(folder)
  const named = [pluginEntryOf(manifest), manifest['main']].filter((name) => typeof name === 'string')
  const names = [...named, ...ENTRIES]
  for (const name of names) {
    const file = join(folder, name)
    if ((await stat(file).catch(() => null))?.isFile() === true) return file
  }
  return null
}

function pathOf(specifier: string, cwd: string): string | null {
  if (specifier.startsWith('file:')) return fileURLToPath(specifier)
  const path = isAbsolute(specifier) || /^\.\.?([/\\]|$)/.test(specifier)
  return path ? resolve(cwd, specifier) : null
}

async function locatePackage(specifier: string, cwd: string): Promise<ModuleLocation> {
  const parts = specifier.split('/')
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const root = join(folder, 'node_modules', name)
    if ((await stat(root).catch(() => null))?.isDirectory() === true) return { specifier, from: cwd, root }
    if (dirname(folder) === folder) break
  }
  throw new Error(
    `no package ${name} is installed in or above ${cwd}; install it, or write a path as ./${specifier}`,
  )
}

export type PackageManifest = Readonly<Record<string, unknown>>

/** A folder's package.json; an empty one where it has none. */
export async function readManifest(folder: string): Promise<PackageManifest> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text) as PackageManifest
}

/** What a package.json says is its plugin: `{ "agentproxy": { "plugin": "./index.js" } }`; null = it is none. */
export function pluginEntryOf(manifest: PackageManifest): string | null {
  const section = manifest['agentproxy']
  if (typeof section !== 'object' || section === null || !('plugin' in section)) return null
  return typeof section.plugin === 'string' ? section.plugin : null
}
