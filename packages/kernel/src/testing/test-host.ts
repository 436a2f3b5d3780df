import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Logger, PluginDefinition } from '@agentproxy/plugin'
import { onTestFinished } from 'vitest'
import { PluginManager } from '../plugin-manager.ts'
import type { PluginManagerOptions } from '../plugin-manager-options.ts'

interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface TestHost {
  readonly manager: PluginManager
  readonly log: readonly LogLine[]
  /** Messages of all `plugin.error` events. */
  readonly failures: readonly string[]
}

/** A manager that keeps its log, shut down after the test. */
export function createTestHost(options: PluginManagerOptions = {}): TestHost {
  const log: LogLine[] = []
  const failures: string[] = []
  const keep =
    (level: keyof Logger): Logger['info'] =>
    (message, fields = {}) =>
      void log.push({ level, message, fields })
  const manager = new PluginManager({
    log: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') },
    ...options,
  })
  manager.on('plugin.error', (_plugin, { error }) => void failures.push(error.message))
  onTestFinished(() => manager.shutdownAll())
  return { manager, log, failures }
}

/** A plugin that is nothing but its setup. */
export function plugin(
  name: string,
  setup: PluginDefinition['setup'] = () => undefined,
  dependencies: readonly string[] = [],
): PluginDefinition {
  return { name, version: '1.0.0', dependencies, setup }
}

/** A folder with these files, removed after the test. */
export async function tempFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'agentproxy-kernel-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFiles(folder, files)
  return folder
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

/** A promise that never settles. */
export const hangs = (): Promise<never> => new Promise(() => {})

/** A promise that waits until it is opened. */
export function createGate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open: (() => void) | undefined
  const promise = new Promise<void>((resolve) => (open = resolve))
  return { promise, open: () => open?.() }
}
