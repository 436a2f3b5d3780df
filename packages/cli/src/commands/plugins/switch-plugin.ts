import { loadOwnerToken } from '@agentproxy/gateway'
import { stateDirOf } from '../../app/paths.ts'
import { askServer, findServer } from '../../app/running-server.ts'
import type { PluginAction } from '../../app/running-server.ts'
import type { Invocation } from '../../args/invocation.ts'
import { setPluginEnabled } from '../../config/edit-config.ts'
import { loadConfig, userConfigFile } from '../../config/load-config.ts'
import { CliError } from '../../errors.ts'
import type { PluginsFlags } from './list-plugins.ts'
import { lookAtPlugins } from './look-at-plugins.ts'
import { findRow } from './plugin-rows.ts'

export interface NamedFlags extends PluginsFlags {
  readonly name: string
}

/** `plugins enable` and `plugins disable`: in the user's configuration, and in the server that runs. */
export async function switchPlugin(
  invocation: Invocation,
  flags: NamedFlags & { readonly action: 'enable' | 'disable' },
): Promise<number> {
  const { env, terminal } = invocation
  const { name, action } = flags
  const file = userConfigFile(env)
  await checkName(invocation, flags)
  const changed = await setPluginEnabled(file, name, action === 'enable')
  await checkEffect(invocation, flags, file)
  const server = await tellServer(invocation, name, action)
  if (flags.json === true) {
    terminal.out.write(`${JSON.stringify({ name, action, file, changed, server })}\n`)
    return 0
  }
  terminal.out.write(`${name} is ${action}d in ${file}${changed ? '' : ', as it was'}\n`)
  terminal.out.write(
    server === null
      ? 'No server runs; this takes effect at the next start.\n'
      : server.done
        ? `The server at ${server.url} has it ${action}d.\n`
        : `The server at ${server.url} does not know it; this takes effect at its next start.\n`,
  )
  return 0
}

/** `plugins reload`: in the server that runs, for nothing else holds plugins. */
export async function reloadPlugin(invocation: Invocation, flags: NamedFlags): Promise<number> {
  const { out } = invocation.terminal
  const server = await tellServer(invocation, flags.name, 'reload')
  if (server === null)
    throw new CliError(
      'SERVER_MISSING',
      `no server runs, so there is nothing that could reload ${flags.name}`,
      {
        hint: 'Start one with: agentproxy serve',
      },
    )
  if (!server.done)
    throw new CliError('PLUGIN_UNKNOWN', `the server at ${server.url} knows no plugin "${flags.name}"`, {
      hint: 'All: agentproxy plugins list',
    })
  if (flags.json === true)
    out.write(`${JSON.stringify({ name: flags.name, action: 'reload', server: server.url })}\n`)
  else out.write(`${flags.name} was reloaded by the server at ${server.url}\n`)
  return 0
}

/** A name nobody has would stand in the file for ever; one that is disabled may be gone, and is taken out. */
async function checkName(
  invocation: Invocation,
  flags: NamedFlags & { readonly action: PluginAction },
): Promise<void> {
  await lookAtPlugins(invocation, flags, async (look) => {
    const isListed = look.config.disabledPlugins.includes(flags.name)
    if (flags.action !== 'enable' || !isListed) findRow(look, flags.name)
  })
}

/** Variables and a further file outrank the user's own file: then what was written there does nothing. */
async function checkEffect(
  { env, cwd }: Invocation,
  flags: NamedFlags & { readonly action: PluginAction },
  file: string,
): Promise<void> {
  const { name, action } = flags
  const config = await loadConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const enabled = !config.disabledPlugins.includes(name) && (config.enabledPlugins?.includes(name) ?? true)
  if (enabled === (action === 'enable')) return
  throw new CliError(
    'CONFIG_NOT_WRITTEN',
    `${name} was ${action}d in ${file}, but something that outranks it says otherwise`,
    {
      hint: 'Look at AGENTPROXY_DISABLED_PLUGINS, AGENTPROXY_ENABLED_PLUGINS, and the file given with --config.',
    },
  )
}

/** Where the server is, and whether it did it; null = none runs. */
async function tellServer(
  { env }: Invocation,
  plugin: string,
  action: PluginAction,
): Promise<{ readonly url: string; readonly done: boolean } | null> {
  const stateDir = stateDirOf(env)
  const server = await findServer(stateDir)
  if (server === null) return null
  const { token } = await loadOwnerToken({ stateDir, env })
  return { url: server.url, done: await askServer(server, { token, plugin, action }) }
}
