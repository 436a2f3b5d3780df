import { setTimeout as sleep } from 'node:timers/promises'
import type { OAuthProvider } from '@agentproxy/plugin'
import { loginFailed } from './login-failed.ts'
import type { LoginScreen } from './login-screen.ts'
import { exchangeDeviceCode, requestDeviceCode } from './oauth-requests.ts'
import type { Tokens } from './tokens.ts'

// RFC 8628, 3.2 and 3.5: the interval where the provider names none, and what `slow_down` adds to it.
const INTERVAL_MS = 5000
const SLOWER_BY_MS = 5000
/** A provider that says 0 means: as fast as may be; this is as fast as may be. */
const SHORTEST_INTERVAL_MS = 100

export interface DeviceLoginOptions {
  readonly screen: LoginScreen
  readonly signal: AbortSignal
  /** How to wait between two questions. */
  readonly pause?: (waitMs: number, signal: AbortSignal) => Promise<void>
}

/** The login for machines without a browser (RFC 8628): a code is typed on another one. Throws `LOGIN_FAILED`. */
export async function loginByDevice(provider: OAuthProvider, options: DeviceLoginOptions): Promise<Tokens> {
  const { screen, signal, pause = pauseFor } = options
  const begun = await requestDeviceCode(provider, signal)
  if (!begun.ok) throw loginFailed(provider, begun.reason)
  const { device_code: deviceCode, user_code, verification_uri, expires_in, interval } = begun.value
  screen.show({ url: begun.value.verification_uri_complete ?? verification_uri, code: user_code })
  const deadline = Date.now() + expires_in * 1000
  let waitMs = interval === undefined ? INTERVAL_MS : Math.max(SHORTEST_INTERVAL_MS, interval * 1000)
  for (;;) {
    await pause(waitMs, signal)
    if (Date.now() > deadline) throw loginFailed(provider, 'nobody agreed before the code expired')
    const answer = await exchangeDeviceCode(provider, deviceCode, signal)
    if (answer.ok) return answer.value
    if (answer.error === 'slow_down') waitMs += SLOWER_BY_MS
    else if (answer.error !== 'authorization_pending') throw loginFailed(provider, answer.reason)
  }
}

async function pauseFor(waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(waitMs, undefined, { signal })
  } catch {
    throw signal.reason
  }
}
