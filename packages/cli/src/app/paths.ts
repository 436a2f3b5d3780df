import { homedir } from 'node:os'
import path from 'node:path'

export type Env = Readonly<Record<string, string | undefined>>

/** Where sessions, evidence and the token live: `AGENTPROXY_HOME`, else the XDG state directory. */
export function stateDirOf(env: Env): string {
  if (env['AGENTPROXY_HOME']) return path.resolve(env['AGENTPROXY_HOME'])
  const base = absolute(env['XDG_STATE_HOME']) ?? path.join(homeOf(env), '.local', 'state')
  return path.join(base, 'agentproxy')
}

/** Where the user's configuration file is looked for. */
export function configDirOf(env: Env): string {
  const base = absolute(env['XDG_CONFIG_HOME']) ?? path.join(homeOf(env), '.config')
  return path.join(base, 'agentproxy')
}

/** A path as people write it: `~` is the home directory, relative ones start at `base`. */
export function expandPath(written: string, base: string, env: Env): string {
  if (written === '~' || written.startsWith('~/')) return path.join(homeOf(env), written.slice(1))
  return path.resolve(base, written)
}

function homeOf(env: Env): string {
  return env['HOME'] || homedir()
}

/** The XDG specification ignores relative values. */
function absolute(value: string | undefined): string | null {
  return value && path.isAbsolute(value) ? value : null
}
