import type { PluginHealth, PluginInfo, PluginMetrics } from '@agentproxy/kernel'
import type { HookName } from '@agentproxy/plugin'
import type { Invocation } from '../../args/invocation.ts'
import { createPaint } from '../../display/paint.ts'
import { pluginOrigins } from '../../config/origins.ts'
import type { OriginatedValue } from '../../config/origins.ts'
import type { PluginsFlags } from './list-plugins.ts'
import { lookAtPlugins } from './look-at-plugins.ts'
import type { PluginLook } from './look-at-plugins.ts'
import { inspectionLines } from './inspection-lines.ts'
import { findRow } from './plugin-rows.ts'
import type { PluginRow } from './plugin-rows.ts'

export interface InspectedHook {
  readonly hook: HookName
  readonly order: 'pre' | 'normal' | 'post'
  readonly timeoutMs: number
  readonly onError: 'continue' | 'block'
  readonly needsBody: boolean
  /** Which call of the hook it is, from 1, over all plugins. */
  readonly position: number
  readonly of: number
}

type Contributions = Pick<
  PluginInfo,
  | 'tools'
  | 'providers'
  | 'agents'
  | 'routes'
  | 'middleware'
  | 'commands'
  | 'checks'
  | 'reasoners'
  | 'oauth'
  | 'tasks'
>

export interface Inspection extends PluginRow, Contributions {
  readonly apiVersion: string | null
  readonly prefix: string | null
  /** As the manifest has it; null = it says nothing. */
  readonly permissions: unknown
  readonly dependencies: readonly string[]
  readonly dependents: readonly string[]
  readonly hooks: readonly InspectedHook[]
  /** Each value of its configuration and where it comes from; what looks like a secret is masked. */
  readonly config: readonly OriginatedValue[]
  /** null = it has no check. */
  readonly health: PluginHealth | null
  readonly setupMs: number | null
  /** null = nothing was called. */
  readonly metrics: PluginMetrics | null
}

/** `plugins inspect NAME`: all there is to know of a plugin. */
export function inspectPlugin(
  invocation: Invocation,
  flags: PluginsFlags & { readonly name: string },
): Promise<number> {
  const { out } = invocation.terminal
  return lookAtPlugins(invocation, flags, async (look) => {
    const inspection = await inspect(look, findRow(look, flags.name))
    if (flags.json === true) out.write(`${JSON.stringify(inspection)}\n`)
    else
      for (const line of inspectionLines(inspection, createPaint(out.isTty, invocation.env)))
        out.write(`${line}\n`)
    return 0
  })
}

async function inspect({ manager, layers }: PluginLook, row: PluginRow): Promise<Inspection> {
  const { plugins } = manager.getPluginStatus()
  const info = plugins.find(({ name }) => name === row.name)
  const definition = info?.getDefinition() ?? null
  // Read as it is written: a manifest may say more than this version knows.
  const permissions = (definition as { readonly permissions?: unknown } | null)?.permissions ?? null
  const health = row.status === 'active' ? await manager.healthCheck() : null
  return {
    ...row,
    ...contributions(info),
    apiVersion: definition?.apiVersion ?? null,
    prefix: definition === null ? null : (definition.prefix ?? `/${row.name}`),
    permissions,
    dependencies: info?.dependencies ?? [],
    dependents: plugins.filter((one) => one.dependencies.includes(row.name)).map(({ name }) => name),
    hooks: hooksOf(manager, row.name),
    config: pluginOrigins(row.name, info?.getConfig(), layers),
    health: health?.plugins[row.name] ?? null,
    setupMs: info?.setupMs ?? null,
    metrics: manager.getPluginMetrics()[row.name] ?? null,
  }
}

function contributions(info: PluginInfo | undefined): Contributions {
  return {
    tools: info?.tools ?? [],
    providers: info?.providers ?? [],
    agents: info?.agents ?? [],
    routes: info?.routes ?? [],
    middleware: info?.middleware ?? [],
    commands: info?.commands ?? [],
    checks: info?.checks ?? [],
    reasoners: info?.reasoners ?? [],
    oauth: info?.oauth ?? [],
    tasks: info?.tasks ?? [],
  }
}

function hooksOf(manager: PluginLook['manager'], plugin: string): readonly InspectedHook[] {
  return Object.entries(manager.getHookOrder()).flatMap(([hook, handlers]) =>
    handlers.flatMap(({ plugin: owner, order, timeoutMs, onError, needsBody }, index) =>
      owner === plugin
        ? [
            {
              hook: hook as HookName,
              order,
              timeoutMs,
              onError,
              needsBody,
              position: index + 1,
              of: handlers.length,
            },
          ]
        : [],
    ),
  )
}
