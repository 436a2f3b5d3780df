import type { OAuthProvider } from '@agentproxy/plugin'
import { askLine } from '../../app/ask-line.ts'
import { untilSignal } from '../../app/until-signal.ts'
import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { loginByDevice } from '../../auth/login-by-device.ts'
import { loginByRedirect } from '../../auth/login-by-redirect.ts'
import type { LoginScreen } from '../../auth/login-screen.ts'
import { openBrowser } from '../../auth/open-browser.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { CliError } from '../../errors.ts'
import { loginStatus, statusLine } from './login-status.ts'
import { withAuth } from './with-auth.ts'

export interface LoginFlags extends GlobalFlags {
  readonly name: string
  readonly device?: boolean
  /** false with `--no-browser`. */
  readonly browser: boolean
  readonly json?: boolean
}

const LIMIT_MS = 300_000

/** Logs in to an OAuth provider that a plugin contributes. */
export function login(invocation: Invocation, flags: LoginFlags): Promise<number> {
  return withAuth(invocation, flags, async ({ logins }) => {
    const { plugin, value: provider } = logins.find(flags.name)
    const screen = createScreen(invocation, flags)
    const wait = {
      what: `the login to ${provider.displayName}`,
      limitMs: LIMIT_MS,
      crashed: invocation.crashed,
    }
    const tokens = await untilSignal(wait, (signal) =>
      flags.device ? byDevice(provider, screen, signal) : loginByRedirect(provider, screen, signal),
    )
    await logins.keep(provider.name, tokens)
    const status = loginStatus({ plugin, value: provider }, tokens)
    const { out } = invocation.terminal
    out.write(
      flags.json
        ? `${JSON.stringify({ event: 'logged_in', ...status })}\n`
        : `${stripEscapes(statusLine(status))}\n`,
    )
    return 0
  })
}

function byDevice(provider: OAuthProvider, screen: LoginScreen, signal: AbortSignal) {
  if (provider.deviceAuthorizationUrl !== undefined) return loginByDevice(provider, { screen, signal })
  throw new CliError('USAGE', `${provider.displayName} offers no device login`, {
    hint: `Log in with a browser: agentproxy auth login ${provider.name}`,
  })
}

/** The address is always printed; a browser is opened only where a person sits at a terminal. */
function createScreen({ terminal, env }: Invocation, flags: LoginFlags): LoginScreen {
  const { out, err } = terminal
  return {
    show({ url, code }) {
      const isPage = /^https?:\/\//i.test(url)
      if (flags.browser && isPage && err.isTty && process.stdin.isTTY) openBrowser(url, env)
      if (flags.json) return out.write(`${JSON.stringify({ event: 'open', url, code })}\n`)
      const lines = [`Open this page to log in:\n  ${url}`, ...(code === null ? [] : [`Code: ${code}`])]
      err.write(`${stripEscapes(lines.join('\n'))}\n`)
    },
    ask: (text, signal) => askLine({ text, hidden: false, signal }),
  }
}
