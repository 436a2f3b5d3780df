import { randomUUID } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { createRequire, register } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileFunction, constants } from 'node:vm'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { LoaderData, LoadRequest, OwnFile, OwnFileMessage } from './loader-hooks.ts'
import { forgetRequired } from './required-files.ts'

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
const { port1: fromLoader, port2: toUs } = new MessageChannel()
const onFiles = new Map<string, (file: OwnFile) => void>()

/**
 * Imports a module in a new generation: it and the plugin's other files are read from disk again. `onFile` is told of
 * each file imported, before this settles or later, as the plugin imports it.
 */
export async function importModule(
  location: ModuleLocation,
  onFile: (file: OwnFile) => void,
): Promise<unknown> {
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
  onFiles.set(request.token, onFile)
  try {
    return await nativeImport(`agentproxy-load:${encodeURIComponent(JSON.stringify(request))}`)
  } finally {
    // What the loader's thread told before the import settled waits in the port.
    for (let next = receiveMessageOnPort(fromLoader); next !== undefined;) {
      hearFile(next.message as OwnFileMessage)
      next = receiveMessageOnPort(fromLoader)
    }
  }
}

function hearFile({ token, path, changedAt }: OwnFileMessage): void {
  onFiles.get(token)?.({ path, changedAt })
}

async function registerHooks(): Promise<void> {
  const data: LoaderData = {
    kernel: import.meta.url,
    transformer: pathToFileURL(createRequire(import.meta.url).resolve('oxc-transform')).href,
    conditions: fromSource ? ['@agentproxy/source'] : [],
    port: toUs,
  }
  fromLoader.on('message', hearFile)
  // Listening alone must not keep a program running.
  fromLoader.unref()
  const hooks = fromSource ? await compiledHooks() : new URL('./loader-hooks.js', import.meta.url).href
  register(hooks, { parentURL: import.meta.url, data, transferList: [toUs] })
}

/** The hooks as JavaScript, where the kernel runs from its sources and no built file stands beside this one. */
async function compiledHooks(): Promise<string> {
  const file = fileURLToPath(new URL('./loader-hooks.ts', import.meta.url))
  const { transformSync } = await import('oxc-transform')
  const { code } = transformSync(file, await readFile(file, 'utf8'))
  return `data:text/javascript,${encodeURIComponent(code)}`
}
