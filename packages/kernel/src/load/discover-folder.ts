import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Discovery, FoundPlugin } from './discover.ts'
import { loadFailure } from './load-failure.ts'
import { folderEntry } from './locate-module.ts'
import { moduleSource } from './plugin-source.ts'
import { refuseEntry, refuseUnsafe } from './safe-path.ts'

const PLUGIN_FILE = /^[^._].*(?<!\.d|\.test|\.test-d)\.(ts|mts|js|mjs)$/
const NO_PLUGIN_FOLDER = /^[._]|^node_modules$/

/** Lists the plugin files and plugin folders in a folder, by name; rejects where it cannot be read or is not safe. */
export async function discoverFolder(folder: string): Promise<Discovery> {
  await refuseEntry(folder)
  const found: FoundPlugin[] = []
  const broken: Discovery['broken'][number][] = []
  for (const path of await pluginsIn(folder)) {
    const source = moduleSource(path, folder)
    try {
      await refuseUnsafe(path)
      found.push({ source, expectedName: null, config: undefined })
    } catch (thrown) {
      broken.push({ source, error: loadFailure(path, thrown) })
    }
  }
  return { found, broken }
}

/** Whether a folder of this name may be a plugin. */
export function isPluginFolderName(name: string): boolean {
  return !NO_PLUGIN_FOLDER.test(name)
}

/** A folder that has no entry is no plugin. */
async function pluginsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const paths: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    const isFolder = entry.isDirectory() && isPluginFolderName(entry.name)
    if (isFolder ? (await folderEntry(path)) !== null : entry.isFile() && PLUGIN_FILE.test(entry.name))
      paths.push(path)
  }
  return paths
}
