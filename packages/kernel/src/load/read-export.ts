import { importModule } from './import-module.ts'
import { loadFailure } from './load-failure.ts'
import { locateModule } from './locate-module.ts'
import { pluginIn } from './read-definition.ts'

/** What a file, a folder or an installed package exports as its plugin, read anew and not yet checked. */
export async function readExport(specifier: string, cwd: string): Promise<unknown> {
  try {
    return pluginIn(await importModule(await locateModule(specifier, cwd), () => {}), specifier)
  } catch (thrown) {
    throw loadFailure(specifier, thrown)
  }
}
