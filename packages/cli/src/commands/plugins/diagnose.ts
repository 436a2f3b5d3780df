import { access } from 'node:fs/promises'
import { unknownNames } from '../../app/load-plugins.ts'
import type { PluginLook } from './look-at-plugins.ts'
import { hiddenCommands } from './plugin-commands.ts'

/** What one look at one thing showed. */
export interface Finding {
  readonly check:
    | 'node'
    | 'config'
    | 'folder'
    | 'load'
    | 'names'
    | 'duplicates'
    | 'commands'
    | 'permissions'
    | 'health'
  readonly status: 'ok' | 'warn' | 'fail'
  readonly subject: string
  readonly message: string
  /** What to do; null = nothing. */
  readonly hint: string | null
}

/** Looks at sources, plugins, names, and how the plugins say they are. */
export async function diagnose(look: PluginLook, builtIns: readonly string[]): Promise<readonly Finding[]> {
  return [
    ok('node', 'node', process.version),
    ok('config', 'configuration', look.config.files.join(', ') || 'no file; the defaults'),
    ...(await folder(look)),
    ...loads(look),
    ...names(look),
    ...twice(look),
    ...hidden(look, builtIns),
    ...permissions(look),
    ...(await health(look)),
  ]
}

function ok(check: Finding['check'], subject: string, message: string): Finding {
  return { check, status: 'ok', subject, message, hint: null }
}

async function folder({ folder: path, report, config }: PluginLook): Promise<readonly Finding[]> {
  if (!config.otherPlugins)
    return [ok('folder', 'folder of plugins', 'none: only the bundled plugins are loaded')]
  if (path === null) return []
  // Whatever is wrong with it is among the failures, with its reason.
  if (report.failed.some(({ origin }) => origin === path)) return []
  const there = await access(path).then(
    () => true,
    () => false,
  )
  return [ok('folder', 'folder of plugins', there ? path : `${path} is not there, which is fine`)]
}

function loads({ report, manager }: PluginLook): readonly Finding[] {
  const { plugins } = manager.getPluginStatus()
  const setupMs = (name: string): string =>
    (plugins.find((one) => one.name === name)?.setupMs ?? 0).toFixed(1)
  return [
    ...report.loaded.map(({ name, version, origin }) =>
      ok(
        'load',
        name,
        `${version} ${origin === 'bundled' ? origin : `from ${origin}`}, set up in ${setupMs(name)} ms`,
      ),
    ),
    ...report.failed.map(({ name, reason, code }): Finding => ({
      check: 'load',
      status: 'fail',
      subject: name,
      message: reason,
      hint: `docs/reference/errors.md explains ${code}; to go on without it: agentproxy plugins disable ${name}`,
    })),
  ]
}

function names({ report, config }: PluginLook): readonly Finding[] {
  const unknown = unknownNames(report).filter(
    ({ name, near }) => near !== null || !config.disabledPlugins.includes(name),
  )
  if (unknown.length === 0) return [ok('names', 'names in the configuration', 'all known')]
  return unknown.map(({ name, near }) => ({
    check: 'names',
    status: near === null ? 'warn' : 'fail',
    subject: name,
    message: 'the configuration names it, but no plugin has this name',
    hint: near === null ? 'Install it, or take its name out.' : `Write ${near} if that is what is meant.`,
  }))
}

function twice({ report }: PluginLook): readonly Finding[] {
  return report.duplicates.map(({ name, taken, ignored }) => ({
    check: 'duplicates',
    status: 'warn',
    subject: name,
    message: `found twice: ${taken} is used, ${ignored} is not`,
    hint: 'Remove one of them, or give one another name.',
  }))
}

function hidden({ manager }: PluginLook, builtIns: readonly string[]): readonly Finding[] {
  return hiddenCommands(manager.live, builtIns).map(({ command, plugin }) => ({
    check: 'commands',
    status: 'warn',
    subject: plugin,
    message: `its command ${command} cannot be run: agentproxy has one of that name`,
    hint: `Give it another name in ctx.command of ${plugin}.`,
  }))
}

/** In this process a plugin can do whatever agentproxy can; what it says it needs is for a person to judge. */
function permissions({ manager }: PluginLook): readonly Finding[] {
  return manager.getPluginStatus().plugins.flatMap((info) => {
    const declared = (info.getDefinition() as { readonly permissions?: unknown } | null)?.permissions
    return declared === undefined
      ? []
      : [ok('permissions', info.name, `says it needs ${JSON.stringify(declared)}`)]
  })
}

async function health({ manager, report }: PluginLook): Promise<readonly Finding[]> {
  const { plugins } = await manager.healthCheck()
  return report.loaded.flatMap(({ name }): readonly Finding[] => {
    const found = plugins[name]
    if (found === undefined) return []
    const message = `health: ${found.output || found.status}`
    if (found.status === 'pass') return [ok('health', name, message)]
    const hint = `agentproxy plugins inspect ${name} shows its configuration.`
    return [{ check: 'health', status: found.status, subject: name, message, hint }]
  })
}
