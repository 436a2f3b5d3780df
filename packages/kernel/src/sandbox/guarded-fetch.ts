import { lookup as systemLookup } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import type { Dispatcher } from 'undici'
import { denied } from './denied.ts'
import type { GuestRequest } from './guest-message.ts'
import { isLoopbackAddress, isPublicAddress } from './public-address.ts'

/** Finds all addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>

export interface FetchOptions {
  /** `host` or `host:port`, lower case. */
  readonly hosts: readonly string[]
  readonly signal: AbortSignal
  /** Default: the system's resolver. */
  readonly lookup?: Lookup | undefined
}

export interface FetchAnswer {
  readonly status: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type FetchRequest = Extract<GuestRequest, { readonly kind: 'fetch' }>

const MAX_REDIRECTS = 5
const MAX_RESPONSE_BYTES = 1024 ** 2
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Headers by which a request could be made to mean another host, or another length, than was checked. */
const OWN_HEADERS =
  /^(host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive|accept-encoding|proxy-.*)$/
/** Headers that are for the host they were sent to, and not for one it redirects to. */
const SECRET_HEADERS = /^(authorization|cookie|x-api-key)$/i
const defaultLookup: Lookup = (host) => systemLookup(host, { all: true })

/**
 * Fetches for a guest: every hop's host is on the list, and the connection goes to the very address that was checked.
 * Throws SANDBOX_DENIED for what the list does not allow.
 */
export async function guardedFetch(given: FetchRequest, options: FetchOptions): Promise<FetchAnswer> {
  if (!METHODS.has(given.method)) throw denied(`the method ${given.method} cannot be fetched with`)
  let hop = given
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const url = checkedUrl(hop.url, options.hosts)
    const answer = await fetchOnce(hop, url, options)
    const location = answer.headers['location']
    if (!REDIRECTS.has(answer.status) || location === undefined) return answer
    hop = redirected(hop, { from: url, to: location, status: answer.status })
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects from ${given.url}`)
}

function checkedUrl(text: string, hosts: readonly string[]): URL {
  if (!URL.canParse(text)) throw denied(`${JSON.stringify(text.slice(0, 200))} is not a URL`)
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw denied(`only http and https can be fetched, not ${url.protocol}`)
  if (url.username !== '' || url.password !== '')
    throw denied('a URL with a user name or password is not fetched')
  // Without a port in the list, the scheme's own: `host` is empty of it.
  if (!hosts.includes(url.host) && !hosts.includes(`${url.hostname}:${portOf(url)}`))
    throw denied(`${url.host} is not among the hosts in permissions.network`)
  return url
}

const portOf = (url: URL): string => url.port || (url.protocol === 'https:' ? '443' : '80')

async function fetchOnce(hop: FetchRequest, url: URL, options: FetchOptions): Promise<FetchAnswer> {
  const address = await checkedAddress(url, options.lookup ?? defaultLookup)
  const pinned: LookupFunction = (_host, { all }, done) => {
    if (all === true) done(null, [address])
    else done(null, address.address, address.family)
  }
  const agent = new Agent({ connect: { lookup: pinned }, pipelining: 0 })
  try {
    const headers = Object.entries(hop.headers).filter(([name]) => !OWN_HEADERS.test(name.toLowerCase()))
    const {
      statusCode,
      headers: received,
      body,
    } = await request(url, {
      dispatcher: agent,
      method: hop.method,
      headers: { ...Object.fromEntries(headers), 'accept-encoding': 'identity' },
      body: hop.body,
      signal: options.signal,
    })
    return { status: statusCode, url: url.href, headers: flat(received), body: await readCapped(body, url) }
  } finally {
    await agent.destroy()
  }
}

/** Looks the host up once. An address that is not public is for those alone who name it, or `localhost`, in the list. */
async function checkedAddress(url: URL, lookup: Lookup): Promise<LookupAddress> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  if (family !== 0) return { address: host, family }
  const addresses = await lookup(host)
  const allowed = host === 'localhost' ? isLoopbackAddress : isPublicAddress
  const wrong = addresses.find(({ address }) => !allowed(address))
  if (wrong !== undefined) throw denied(`${host} leads to ${wrong.address}, which is not a public address`)
  const [first] = addresses
  if (first === undefined) throw new Error(`${host} has no address`)
  return first
}

async function readCapped(body: Dispatcher.ResponseData['body'], url: URL): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_RESPONSE_BYTES)
      throw new Error(`the answer of ${url.host} is longer than ${MAX_RESPONSE_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

interface Redirect {
  readonly from: URL
  readonly to: string
  readonly status: number
}

function redirected(hop: FetchRequest, { from, to, status }: Redirect): FetchRequest {
  if (!URL.canParse(to, from.href)) throw denied(`${from.host} redirects to what is not a URL`)
  const url = new URL(to, from)
  const headers =
    url.origin === from.origin
      ? hop.headers
      : Object.fromEntries(Object.entries(hop.headers).filter(([name]) => !SECRET_HEADERS.test(name)))
  const keeps = status === 307 || status === 308 || hop.method === 'GET' || hop.method === 'HEAD'
  return keeps
    ? { ...hop, url: url.href, headers }
    : { ...hop, url: url.href, headers, method: 'GET', body: null }
}

function flat(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}
