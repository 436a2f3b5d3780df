import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OAuthProvider } from '@agentproxy/plugin'

/** Stands in every token, code and verifier-like text this server makes. */
export const CANARY = 'canary'

interface Grant {
  readonly challenge: string
  readonly redirectUri: string
  readonly scope: string
}

/** What the server does differently from now on. */
interface Behaviour {
  /** Seconds access tokens live; null = it is not said. */
  expiresIn: number | null
  /** The `iss` of callbacks; null = none. */
  iss: string | null
  /** Errors the token endpoint answers next, in order. `status:503` is a broken server. */
  tokenErrors: string[]
  /** The error of the login page; null = the person agrees. */
  denial: string | null
  idToken: boolean
  tokenDelayMs: number
  revocationStatus: number
  deviceInterval: number
}

/** An OAuth 2 server that takes nothing on trust: PKCE, exact redirect URIs, codes once, refresh tokens once. */
export interface OAuthServer {
  readonly url: string
  readonly behaviour: Behaviour
  /** Forms sent to each path. */
  readonly requests: { readonly path: string; readonly form: URLSearchParams }[]
  readonly revoked: string[]
  /** Refresh tokens that came twice. */
  reuses: number
  provider(changes?: Partial<OAuthProvider>): OAuthProvider
  /** Refresh requests so far. */
  refreshes(): number
  close(): Promise<void>
}

function make(kind: string): string {
  return `${kind}-${CANARY}-${randomBytes(9).toString('hex')}`
}

export async function startOAuthServer(): Promise<OAuthServer> {
  const codes = new Map<string, Grant>()
  const live = new Set<string>()
  const accepted = new Set<string>()
  const spent = new Set<string>()
  const devices = new Set<string>()
  const behaviour: Behaviour = {
    expiresIn: 3600,
    iss: null,
    tokenErrors: [],
    denial: null,
    idToken: false,
    tokenDelayMs: 0,
    revocationStatus: 200,
    deviceInterval: 0.1,
  }

  const authorize = (query: URLSearchParams): string => {
    const redirect = new URL(query.get('redirect_uri') ?? '')
    const isSound =
      query.get('response_type') === 'code' &&
      query.get('client_id') === 'a-client' &&
      query.get('code_challenge_method') === 'S256'
    if (!isSound) redirect.searchParams.set('error', 'invalid_request')
    else if (behaviour.denial !== null) redirect.searchParams.set('error', behaviour.denial)
    else {
      const code = make('code')
      codes.set(code, {
        challenge: query.get('code_challenge') ?? '',
        redirectUri: query.get('redirect_uri') ?? '',
        scope: query.get('scope') ?? '',
      })
      redirect.searchParams.set('code', code)
    }
    redirect.searchParams.set('state', query.get('state') ?? '')
    if (behaviour.iss !== null) redirect.searchParams.set('iss', behaviour.iss)
    return redirect.href
  }

  const issue = (scope: string): object => {
    const refresh = make('refresh')
    live.add(refresh)
    const { expiresIn, idToken } = behaviour
    const access = make('access')
    accepted.add(`Bearer ${access}`)
    return {
      access_token: access,
      token_type: 'Bearer',
      refresh_token: refresh,
      scope,
      ...(expiresIn !== null && { expires_in: expiresIn }),
      ...(idToken && { id_token: idTokenOf(server.url) }),
    }
  }

  const token = (form: URLSearchParams): object | string => {
    const failure = behaviour.tokenErrors.shift()
    if (failure !== undefined) return failure
    const type = form.get('grant_type')
    if (type === 'authorization_code') {
      const code = form.get('code') ?? ''
      const grant = codes.get(code)
      codes.delete(code)
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const isSame = grant?.challenge === challenge && grant.redirectUri === form.get('redirect_uri')
      return grant !== undefined && isSame ? issue(grant.scope) : 'invalid_grant'
    }
    if (type === 'refresh_token') {
      const refresh = form.get('refresh_token') ?? ''
      if (spent.has(refresh)) server.reuses += 1
      if (!live.delete(refresh)) return 'invalid_grant'
      spent.add(refresh)
      return issue('read write')
    }
    return devices.has(form.get('device_code') ?? '') ? issue('read') : 'invalid_grant'
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const form = new URLSearchParams(await textOf(request))
    server.requests.push({ path: pathname, form })
    if (pathname === '/authorize')
      return void response.writeHead(302, { location: authorize(searchParams) }).end()
    if (pathname === '/resource') {
      const isAccepted = accepted.has(request.headers.authorization ?? '')
      return void response.writeHead(isAccepted ? 200 : 401).end()
    }
    if (pathname === '/revoke') {
      server.revoked.push(form.get('token') ?? '')
      return void response.writeHead(behaviour.revocationStatus).end()
    }
    if (pathname === '/device') {
      const device_code = make('device')
      devices.add(device_code)
      return send(response, {
        device_code,
        user_code: 'WDJB-MJHT',
        verification_uri: `${server.url}/activate`,
        expires_in: 600,
        interval: behaviour.deviceInterval,
      })
    }
    await sleep(behaviour.tokenDelayMs)
    send(response, token(form), form)
  }

  const listener = createServer((request, response) => void answer(request, response))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const server: OAuthServer = {
    url,
    behaviour,
    requests: [],
    revoked: [],
    reuses: 0,
    provider: (changes = {}) => ({
      name: 'test',
      displayName: 'Test Login',
      authorizationUrl: `${url}/authorize`,
      tokenUrl: `${url}/token`,
      revocationUrl: `${url}/revoke`,
      deviceAuthorizationUrl: `${url}/device`,
      clientId: 'a-client',
      scopes: ['read', 'write'],
      redirect: { kind: 'loopback' },
      ...changes,
    }),
    refreshes: () => server.requests.filter(({ form }) => form.get('grant_type') === 'refresh_token').length,
    async close() {
      listener.close()
      listener.closeAllConnections()
      await once(listener, 'close')
    },
  }
  return server
}

/** Errors quote what was sent, as careless servers do. */
function send(response: ServerResponse, body: object | string, form?: URLSearchParams): void {
  if (typeof body === 'string' && body.startsWith('status:'))
    return void response.writeHead(Number(body.slice('status:'.length))).end('broken')
  const error =
    typeof body === 'string' ? { error: body, error_description: `no good: ${String(form)}` } : null
  response.writeHead(error === null ? 200 : 400, { 'content-type': 'application/json' })
  response.end(JSON.stringify(error ?? body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
  return text
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function idTokenOf(issuer: string): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    aud: 'a-client',
    sub: 'u1',
    email: 'someone@example.com',
    iat: now,
    exp: now + 600,
  }
  return `${part({ alg: 'RS256' })}.${part(claims)}.${Buffer.from(CANARY).toString('base64url')}`
}

/** A browser in which somebody agrees: follows the login page's redirect, and gives what the callback page shows. */
export async function agreeInBrowser(
  loginUrl: string,
  change: (callback: URL) => void = () => {},
): Promise<{ readonly status: number; readonly page: string; readonly headers: Headers }> {
  const page = await fetch(loginUrl, { redirect: 'manual' })
  const callback = new URL(page.headers.get('location') ?? '')
  change(callback)
  const shown = await fetch(callback)
  return { status: shown.status, page: await shown.text(), headers: shown.headers }
}
