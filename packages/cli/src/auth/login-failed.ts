import type { OAuthProvider } from '@agentproxy/plugin'
import { CliError } from '../errors.ts'

/** `reason` must hold no secret. */
export function loginFailed({ name, displayName }: OAuthProvider, reason: string): CliError {
  return new CliError('LOGIN_FAILED', `login to ${displayName}: ${reason}`, {
    hint: `Nothing was changed. Try again with: agentproxy auth login ${name}`,
  })
}
