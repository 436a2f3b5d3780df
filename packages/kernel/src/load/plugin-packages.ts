import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pluginEntryOf, readManifest } from './locate-module.ts'

/** Folders of the installed packages that say they are a plugin, by name. Nothing of them is run. */
export async function pluginPackages(root: string): Promise<readonly string[]> {
  const paths: string[] = []
  for (const name of (await installedNames(root)).toSorted()) {
    const path = join(root, 'node_modules', name)
    // A package whose package.json cannot be read is not a plugin's affair.
    const manifest = await readManifest(path).catch(() => ({}))
    if (pluginEntryOf(manifest) !== null) paths.push(path)
  }
  return paths
}

/** What somebody asked for; what comes with it does not become a plugin by itself. */
async function installedNames(root: string): Promise<readonly string[]> {
  const manifest = await readManifest(root).catch(() => ({}))
  if (Object.keys(manifest).length === 0) return namesIn(join(root, 'node_modules'))
  const groups = ['dependencies', 'optionalDependencies', 'devDependencies']
  return [...new Set(groups.flatMap((group) => Object.keys(Object(Reflect.get(manifest, group)))))]
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = []
  for (const name of await list(folder)) {
    if (name.startsWith('@')) names.push(...(await list(join(folder, name))).map((one) => `${name}/${one}`))
    else if (!name.startsWith('.')) names.push(name)
  }
  return names
}

function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}
