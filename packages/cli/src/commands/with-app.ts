import { openApp } from '../app/open-app.ts'
import type { App, AppOptions } from '../app/open-app.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { loadConfig } from '../config/load-config.ts'
import type { Config } from '../config/config.ts'
import { openLogger } from './open-logger.ts'

/** What a command asks for beyond its own flags. */
export type WithAppOptions = Pick<AppOptions, 'command' | 'plugins' | 'runTasks' | 'localFolder'>

/** Runs one command with plugins loaded, and closes everything whatever happens. */
export async function withApp(
  invocation: Invocation,
  flags: GlobalFlags,
  options: WithAppOptions,
  work: (app: App, config: Config) => Promise<number>,
): Promise<number> {
  const { env, cwd, terminal } = invocation
  const warn = (line: string): void => terminal.err.write(`${line}\n`)
  const config = await loadConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const log = await openLogger(invocation, flags, warn)
  const app = await openApp({ ...options, config, env, log, warn })
  try {
    return await work(app, config)
  } finally {
    await app.close()
  }
}
