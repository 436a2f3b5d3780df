import type { FailedPlugin, PluginInfo } from '@agentproxy/kernel'
import { BUNDLED_PLUGINS } from '../../app/bundled-plugins.ts'
import { didYouMean } from '../../args/nearest.ts'
import { CliError } from '../../errors.ts'
import type { PluginLook } from './look-at-plugins.ts'

/** One plugin that was found. */
export interface PluginRow {
  readonly name: string
  readonly status: 'active' | 'disabled' | 'failed'
  /** null = it was not read. */
  readonly version: string | null
  readonly kind: PluginInfo['kind'] | null
  readonly description: string | null
  /** A file, a package, or `bundled`; null = it was not looked for, because it is disabled. */
  readonly origin: string | null
  /** Why it failed. */
  readonly reason: string | null
}

/** Every plugin that was found, active ones first, each name once but for those that failed. */
export function pluginRows({ report, manager }: PluginLook): readonly PluginRow[] {
  return [
    ...report.loaded.map((info) => activeRow(info)),
    ...report.disabled.map((name) => disabledRow(name)),
    ...report.failed.map((failed) => failedRow(failed, manager.getPluginStatus().plugins)),
  ]
}

/** The row of a name. Throws `PLUGIN_UNKNOWN` with near names. */
export function findRow(look: PluginLook, name: string): PluginRow {
  const rows = pluginRows(look)
  const row = rows.find((one) => one.name === name)
  if (row !== undefined) return row
  const names = rows.map((one) => one.name)
  throw new CliError('PLUGIN_UNKNOWN', `there is no plugin "${name}"${didYouMean(name, names)}`, {
    hint: 'All: agentproxy plugins list',
  })
}

function activeRow(info: PluginInfo): PluginRow {
  const { name, version, kind, description, origin } = info
  return { name, status: 'active', version, kind, description, origin, reason: null }
}

function disabledRow(name: string): PluginRow {
  const bundled = BUNDLED_PLUGINS.find((one) => one.name === name)
  const kind = bundled?.kind ?? null
  const origin = bundled === undefined ? null : 'bundled'
  return { name, status: 'disabled', version: null, kind, description: null, origin, reason: null }
}

function failedRow({ name, origin, reason }: FailedPlugin, known: readonly PluginInfo[]): PluginRow {
  const info = known.find((one) => one.name === name && one.status === 'failed')
  const wasRead = info !== undefined && info.getDefinition() !== null
  return {
    name,
    status: 'failed',
    version: wasRead ? info.version : null,
    kind: wasRead ? info.kind : null,
    description: wasRead ? info.description : null,
    origin,
    reason,
  }
}
