import type { App } from '../../app/open-app.ts'
import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { withApp } from '../with-app.ts'

/** Runs one `auth` command with all plugins loaded: any of them may bring a login. */
export function withAuth(
  invocation: Invocation,
  flags: GlobalFlags,
  work: (app: App) => Promise<number>,
): Promise<number> {
  return withApp(invocation, flags, { command: 'auth', plugins: 'all', runTasks: false }, work)
}
