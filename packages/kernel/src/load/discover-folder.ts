import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FoundPlugin } from './discover.ts'
import { loadFailure } from './load-failure.ts'
import { folderEntry } from './locate-module.ts'
import { moduleSource } from './plugin-source.ts'
import type { PluginSource } from './plugin-source.ts'
import { refuseEntry, refuseUnsafe } from './safe-path.ts'

const PLUGIN_FILE = /^[^._].*(?<!\.d|\.test|\.test-d)\.(ts|mts|js|mjs)$/
const NO_PLUGIN_FOLDER = /^[._]|^node_modules$/

/** Lists the plugin files and plugin folders in a folder, by name; rejects where it cannot be read or is not safe. */
export async function discoverFolder(folder: string): Promise<readonly FoundPlugin[]> {
  await refuseEntry(folder)
  const paths = await pluginsIn(folder)
  return paths.map((path) => ({
    source: safeSource(folder, path),
    expectedName: null,
    config: undefined,
  }))
}

/** Whether a folder of this name may be a plugin. */
export function isPluginFolderName(name: string): boolean {
  return !NO_PLUGIN_FOLDER.test(name)
}

/** Looks before each read, also that of a reload, at who could have changed what is about to be run. */
function safeSource(folder: string, path: string): PluginSource {
  const source = moduleSource(path, folder)
  return {
    ...source,
    read: async () => {
      try {
        await refuseEntry(folder)
        await refuseUnsafe(path)
      } catch (thrown) {
        throw loadFailure(path, thrown)
      }
      return source.read()
    },
  }
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
