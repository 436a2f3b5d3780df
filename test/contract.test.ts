import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PluginDefinition } from '@agentproxy/plugin'
import { describeContract } from '@agentproxy/plugin-testing'
import type { ContractOptions } from '@agentproxy/plugin-testing'
import { describe, test } from 'vitest'
import { root } from './repository.ts'

// Every plugin in this repository, those of tomorrow included. One that needs configuration, or other plugins, says so in
// a contract.json of its own: ContractOptions as JSON, paths relative to the folder.

for (const name of foldersIn('plugins')) {
  const module: unknown = await import(pathToFileURL(join(root, 'plugins', name, 'src/index.ts')).href)
  const plugin = (module as { readonly default: PluginDefinition }).default
  describeContract(plugin, optionsOf(join(root, 'plugins', name)), { describe, test })
}

for (const name of foldersIn('examples')) {
  const folder = join(root, 'examples', name)
  if (!existsSync(join(folder, 'index.ts'))) continue
  describeContract(folder, optionsOf(folder), { describe, test })
}

function foldersIn(house: string): readonly string[] {
  return readdirSync(join(root, house), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

function optionsOf(folder: string): ContractOptions {
  const file = join(folder, 'contract.json')
  if (!existsSync(file)) return {}
  const { plugins = [], ...options } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly plugins?: readonly string[]
  } & Omit<ContractOptions, 'plugins'>
  return { ...options, plugins: plugins.map((path) => join(folder, path)) }
}
