import { randomUUID } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { createRequire, register } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileFunction, constants } from 'node:vm'
import type { LoaderData, LoadRequest } from './loader-hooks.ts'

export interface ModuleLocation {
  /** A file URL, or the name of an installed package. */
  readonly specifier: string
  /** The folder a package name is looked up from. */
  readonly from: string
  /** The plugin's own folder: its files, and only they, are loaded anew each time. */
  readonly root: string
}

const fromSource = import.meta.url.endsWith('.ts')

// A test runner that runs these sources replaces `import()` in them by its own; plugins must come through Node's loader.
const nativeImport: (specifier: string) => Promise<unknown> = fromSource
  ? (compileFunction('return import(specifier)', ['specifier'], {
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as (specifier: string) => Promise<unknown>)
  : (specifier) => import(specifier)

const processToken = randomUUID().slice(0, 8)
let generations = 0
let registered: Promise<void> | null = null

/** Imports a module in a new generation: it and the plugin's other files are read from disk again. */
export async function importModule(location: ModuleLocation): Promise<unknown> {
  registered ??= registerHooks()
  await registered
  const root = await realpath(location.root)
  forgetRequired(root)
  generations += 1
  const request: LoadRequest = {
    specifier: location.specifier,
    parent: pathToFileURL(`${location.from}${sep}`).href,
    root: pathToFileURL(`${root}${sep}`).href,
    token: `${processToken}.${generations}`,
  }
  return nativeImport(`agentproxy-load:${encodeURIComponent(JSON.stringify(request))}`)
}

async function registerHooks(): Promise<void> {
  const data: LoaderData = {
    kernel: import.meta.url,
    transformer: pathToFileURL(createRequire(import.meta.url).resolve('oxc-transform')).href,
    conditions: fromSource ? ['@agentproxy/source'] : [],
  }
  const hooks = fromSource ? await compiledHooks() : new URL('./loader-hooks.js', import.meta.url).href
  register(hooks, { parentURL: import.meta.url, data })
}

/** The hooks as JavaScript, where the kernel runs from its sources and no built file stands beside this one. */
async function compiledHooks(): Promise<string> {
  const file = fileURLToPath(new URL('./loader-hooks.ts', import.meta.url))
  const { transformSync } = await import('oxc-transform')
  const { code } = transformSync(file, await readFile(file, 'utf8'))
  return `data:text/javascript,${encodeURIComponent(code)}`
}

/** CommonJS files are cached by path alone; forget the plugin's own so that the new generation reads them again. */
function forgetRequired(root: string): void {
  const { cache } = createRequire(import.meta.url)
  for (const file of Object.keys(cache)) {
    const own =
      file.startsWith(`${root}${sep}`) && !file.slice(root.length).includes(`${sep}node_modules${sep}`)
    if (own) delete cache[file]
  }
}
