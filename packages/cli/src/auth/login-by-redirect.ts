import type { OAuthProvider, OAuthRedirect } from '@agentproxy/plugin'
import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState } from 'oauth4webapi'
import { listenForCallback } from './callback-listener.ts'
import { loginFailed } from './login-failed.ts'
import type { LoginScreen } from './login-screen.ts'
import { exchangeCode } from './oauth-requests.ts'
import { readPasted } from './read-pasted.ts'
import type { Tokens } from './tokens.ts'

/** The login page and back, by a listener on this machine or by what the person pastes. Throws `LOGIN_FAILED`. */
export function loginByRedirect(
  provider: OAuthProvider,
  screen: LoginScreen,
  signal: AbortSignal,
): Promise<Tokens> {
  const { redirect } = provider
  switch (redirect.kind) {
    case 'loopback':
      return byListener({ provider, screen, signal }, redirect)
    case 'paste':
      return byPaste({ provider, screen, signal }, redirect.redirectUri)
  }
}

interface Login {
  readonly provider: OAuthProvider
  readonly screen: LoginScreen
  readonly signal: AbortSignal
}

async function byListener(
  { provider, screen, signal }: Login,
  { port = 0, path = '/callback', host = '127.0.0.1' }: Extract<OAuthRedirect, { kind: 'loopback' }>,
): Promise<Tokens> {
  const state = generateRandomState()
  const { displayName } = provider
  const listener = await listenForCallback({ port, path, state, displayName })
  try {
    const redirectUri = `http://${host}:${listener.port}${path}`
    const verifier = generateRandomCodeVerifier()
    screen.show({ url: await authorizationUrl(provider, { redirectUri, state, verifier }), code: null })
    const { parameters: callback, answer } = await listener.wait(signal)
    const result = await exchangeCode(provider, { callback, state, redirectUri, verifier }, signal)
    await answer(result.ok)
    if (!result.ok) throw loginFailed(provider, result.reason)
    return result.value
  } finally {
    await listener.close()
  }
}

async function byPaste({ provider, screen, signal }: Login, redirectUri: string): Promise<Tokens> {
  const state = generateRandomState()
  const verifier = generateRandomCodeVerifier()
  screen.show({ url: await authorizationUrl(provider, { redirectUri, state, verifier }), code: null })
  const callback = readPasted(await screen.ask('Paste the code, or the address you were sent to: ', signal))
  if (callback === null) throw loginFailed(provider, 'nothing was pasted')
  const stateOrNone = callback.has('state') ? state : null
  const grant = { callback, state: stateOrNone, redirectUri, verifier }
  const result = await exchangeCode(provider, grant, signal)
  if (!result.ok) throw loginFailed(provider, result.reason)
  return result.value
}

/** The address of the login page. PKCE with S256, whatever the provider asks for (RFC 9700, 2.1.1). */
async function authorizationUrl(
  provider: OAuthProvider,
  request: { readonly redirectUri: string; readonly state: string; readonly verifier: string },
): Promise<string> {
  const url = new URL(provider.authorizationUrl)
  const parameters = {
    ...provider.authorizationParameters,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: request.redirectUri,
    scope: provider.scopes.join(' '),
    state: request.state,
    code_challenge: await calculatePKCECodeChallenge(request.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== '') url.searchParams.set(name, value)
  return url.href
}
