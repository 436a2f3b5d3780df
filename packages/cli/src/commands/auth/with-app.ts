import { openApp } from '../../app/open-app.ts'
import type { App } from '../../app/open-app.ts'
import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { loadConfig } from '../../config/load-config.ts'
import { openLogger } from '../open-logger.ts'

/** Runs one command with all plugins loaded, and closes everything whatever happens. */
export async function withApp(
  invocation: Invocation,
  flags: GlobalFlags,
  work: (app: App) => Promise<number>,
): Promise<number> {
  const { env, cwd, terminal } = invocation
  const warn = (line: string): void => terminal.err.write(`${line}\n`)
  const config = await loadConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const log = await openLogger(invocation, flags, warn)
  const app = await openApp({ command: 'auth', config, env, log, plugins: 'all', warn })
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}
