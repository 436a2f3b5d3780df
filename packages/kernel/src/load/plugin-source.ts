import { basename, extname, resolve } from 'node:path'
import type { Plugin, PluginDefinition } from '@agentproxy/plugin'
import { SandboxedPlugin } from '../sandbox/sandboxed-plugin.ts'
import type { SandboxedPluginOptions } from '../sandbox/sandboxed-plugin.ts'
import { loadFailure } from './load-failure.ts'
import { locateModule } from './locate-module.ts'
import { OwnFiles } from './own-files.ts'
import { pluginIn, readDefinition } from './read-definition.ts'

/** Where a plugin comes from, and how to read it, now and again at each reload. */
export interface PluginSource {
  /** The name to use until the plugin told its own. */
  readonly name: string
  /** For people: a file, a package, `definition`, `class` or `bundled`. */
  readonly origin: string
  /** The files it is read from; null = it comes from no file that could be read again. */
  readonly files: OwnFiles | null
  read(): Promise<PluginDefinition>
}

/** A plugin that ships with the product; its code is loaded only if it is wanted. */
export interface BundledPlugin {
  readonly name: string
  /** Gives the definition, or the module that exports it. */
  load(): Promise<unknown>
}

/** A definition or an instance of a class plugin. */
export function valueSource(value: PluginDefinition | Plugin): PluginSource {
  const origin = 'setup' in value ? 'definition' : 'class'
  let definition: PluginDefinition | null = null
  return {
    name: value.name,
    origin,
    files: null,
    read: async () => (definition ??= readDefinition(value, origin)),
  }
}

/** A file, a folder, or an installed package as seen from `cwd`. Each read takes the code from disk again. */
export function moduleSource(specifier: string, cwd: string): PluginSource {
  const files = new OwnFiles()
  return {
    name: nameFrom(specifier),
    origin: specifier,
    files,
    read: async () => {
      try {
        const module = await files.import(await locateModule(specifier, cwd))
        return readDefinition(pluginIn(module, specifier), specifier)
      } catch (thrown) {
        throw loadFailure(specifier, thrown)
      }
    },
  }
}

/** A plugin of source text in a file, to be run apart. */
export interface SandboxedEntry extends Omit<SandboxedPluginOptions, 'code' | 'config' | 'lookup'> {
  /** Its source. */
  readonly file: string
}

/** Its text is read again at each reload. */
export function sandboxedSource({ file, ...options }: SandboxedEntry, cwd: string): PluginSource {
  const files = new OwnFiles()
  const path = resolve(cwd, file)
  return {
    name: options.name,
    origin: `${file} (sandboxed)`,
    files,
    read: async () => {
      try {
        return readDefinition(new SandboxedPlugin({ ...options, code: await files.readText(path) }), file)
      } catch (thrown) {
        throw loadFailure(file, thrown)
      }
    },
  }
}

export function bundledSource(bundled: BundledPlugin): PluginSource {
  let definition: PluginDefinition | null = null
  return {
    name: bundled.name,
    origin: 'bundled',
    files: null,
    read: async () => {
      try {
        return (definition ??= readDefinition(pluginIn(await bundled.load(), bundled.name), bundled.name))
      } catch (thrown) {
        throw loadFailure(bundled.name, thrown)
      }
    },
  }
}

/** `./plugins/my-plugin.ts` and `@me/my-plugin` are both `my-plugin` until they say otherwise. */
function nameFrom(specifier: string): string {
  const name = basename(specifier)
  return name.slice(0, name.length - extname(name).length) || specifier
}
