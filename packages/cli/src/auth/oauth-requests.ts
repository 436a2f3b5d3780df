import type { OAuthProvider } from '@agentproxy/plugin'
import * as oauth from 'oauth4webapi'
import { explainFailure } from './explain-failure.ts'
import type { Failure } from './explain-failure.ts'
import type { Tokens } from './tokens.ts'

/** Milliseconds one request to a provider may take. */
const LIMIT_MS = 20_000

export type Answer<Value> = { readonly ok: true; readonly value: Value } | Failure

export interface CodeGrant {
  /** The parameters the provider sent back, their state and issuer not yet checked. */
  readonly callback: URLSearchParams
  /** null = it was pasted without one, and PKCE alone ties it to this login. */
  readonly state: string | null
  readonly redirectUri: string
  readonly verifier: string
}

/** A code for tokens. State, issuer (RFC 9207) and error are checked first. */
export function exchangeCode(
  provider: OAuthProvider,
  { callback, state, redirectUri, verifier }: CodeGrant,
  signal: AbortSignal,
): Promise<Answer<Tokens>> {
  const { as, client, options } = partiesOf(provider, signal)
  const parameters = new URLSearchParams(callback)
  // Nothing to compare it with.
  if (provider.issuer === undefined) parameters.delete('iss')
  return attempt({ signal, secrets: [callback.get('code'), verifier] }, async () => {
    const checked = oauth.validateAuthResponse(as, client, parameters, state ?? oauth.expectNoState)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      checked,
      redirectUri,
      verifier,
      options,
    )
    const readable = await readableOf(provider, response)
    return toTokens(provider, await oauth.processAuthorizationCodeResponse(as, client, readable), null)
  })
}

/** New tokens for old. What the provider does not send anew stays as it was (RFC 6749, 6). */
export function refreshTokens(
  provider: OAuthProvider,
  before: Tokens & { readonly refreshToken: string },
): Promise<Answer<Tokens>> {
  const { as, client, options } = partiesOf(provider, null)
  return attempt({ secrets: [before.refreshToken, before.accessToken] }, async () => {
    const { refreshToken } = before
    const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, options)
    const readable = await readableOf(provider, response)
    return toTokens(provider, await oauth.processRefreshTokenResponse(as, client, readable), before)
  })
}

/** Tells the provider that the tokens are done with (RFC 7009): the refresh token, with which all others go. */
export function revokeTokens(provider: OAuthProvider, tokens: Tokens): Promise<Answer<null>> {
  const { as, client, options } = partiesOf(provider, null)
  const token = tokens.refreshToken ?? tokens.accessToken
  const hint = tokens.refreshToken === null ? 'access_token' : 'refresh_token'
  return attempt({ secrets: [token] }, async () => {
    const additionalParameters = { token_type_hint: hint }
    const revocation = { ...options, additionalParameters }
    const response = await oauth.revocationRequest(as, client, oauth.None(), token, revocation)
    await oauth.processRevocationResponse(response)
    return null
  })
}

export function requestDeviceCode(
  provider: OAuthProvider,
  signal: AbortSignal,
): Promise<Answer<oauth.DeviceAuthorizationResponse>> {
  const { as, client, options } = partiesOf(provider, signal)
  return attempt({ signal, secrets: [] }, async () => {
    const parameters = { ...provider.authorizationParameters, scope: provider.scopes.join(' ') }
    const response = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), parameters, options)
    return oauth.processDeviceAuthorizationResponse(as, client, response)
  })
}

/** Asks once whether the person has agreed by now. */
export function exchangeDeviceCode(
  provider: OAuthProvider,
  deviceCode: string,
  signal: AbortSignal,
): Promise<Answer<Tokens>> {
  const { as, client, options } = partiesOf(provider, signal)
  return attempt({ signal, secrets: [deviceCode] }, async () => {
    const response = await oauth.deviceCodeGrantRequest(as, client, oauth.None(), deviceCode, options)
    const readable = await readableOf(provider, response)
    return toTokens(provider, await oauth.processDeviceCodeResponse(as, client, readable), null)
  })
}

function partiesOf(provider: OAuthProvider, signal: AbortSignal | null) {
  const { issuer, tokenUrl, revocationUrl, deviceAuthorizationUrl } = provider
  const as: oauth.AuthorizationServer = {
    issuer: issuer ?? new URL(tokenUrl).origin,
    token_endpoint: tokenUrl,
    ...(revocationUrl !== undefined && { revocation_endpoint: revocationUrl }),
    ...(deviceAuthorizationUrl !== undefined && { device_authorization_endpoint: deviceAuthorizationUrl }),
  }
  const client: oauth.Client = { client_id: provider.clientId }
  const limit = AbortSignal.timeout(LIMIT_MS)
  const options = {
    signal: signal === null ? limit : AbortSignal.any([signal, limit]),
    // `checkProvider` has let http pass on this machine only.
    [oauth.allowInsecureRequests]: true,
  }
  return { as, client, options }
}

/** An ID token can be believed only where its issuer is known; otherwise it is taken out before it is read. */
async function readableOf({ issuer }: OAuthProvider, response: Response): Promise<Response> {
  if (issuer !== undefined || response.status !== 200) return response
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  if (typeof body !== 'object' || body === null || !('id_token' in body)) return response
  const { id_token: _unread, ...rest } = body
  return Response.json(rest)
}

interface Attempt {
  /** The person's own end of it, which is no failure of the provider. */
  readonly signal?: AbortSignal
  /** What was sent and must not be quoted. */
  readonly secrets: readonly (string | null)[]
}

async function attempt<Value>(
  { signal, secrets }: Attempt,
  work: () => Promise<Value>,
): Promise<Answer<Value>> {
  try {
    return { ok: true, value: await work() }
  } catch (thrown) {
    signal?.throwIfAborted()
    return explainFailure(thrown, secrets)
  }
}

function toTokens(
  provider: OAuthProvider,
  response: oauth.TokenEndpointResponse,
  before: Tokens | null,
): Tokens {
  const { access_token, refresh_token, expires_in, scope } = response
  const claims = oauth.getValidatedIdTokenClaims(response)
  const names = [claims?.['email'], claims?.['preferred_username'], claims?.sub]
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? before?.refreshToken ?? null,
    expiresAt: expires_in === undefined ? null : Date.now() + Math.round(expires_in * 1000),
    scopes: scope?.split(' ').filter((one) => one !== '') ?? before?.scopes ?? [...provider.scopes],
    account: names.find((name) => typeof name === 'string') ?? before?.account ?? null,
    issuedBy: { tokenUrl: provider.tokenUrl, clientId: provider.clientId },
  }
}
