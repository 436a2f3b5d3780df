import type { HttpInit } from '@agentproxy/plugin'
import { httpFailed } from './http-failed.ts'
import { revealHeaders } from './reveal-headers.ts'

const MOST_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
// Fetch, 4.4: what belongs to a body goes with it.
const OF_THE_BODY = /^content-(?:type|length|encoding|language|location)$/i

interface Caller {
  readonly plugin: string
  readonly signal: AbortSignal
}

/** Sends a request, and follows redirects as `init` says. Secrets stay behind from the first change of origin on. */
export async function followRedirects(
  { plugin, signal }: Caller,
  first: URL,
  init: HttpInit,
): Promise<Response> {
  const { headers: given = {}, redirect = 'follow', timeoutMs: _limit, ...rest } = init
  let request: RequestInit = { ...rest, signal, redirect: 'manual' }
  let headers = given
  let target = first
  let isTrusted = true
  for (let hops = 0; ; hops++) {
    const texts = await revealHeaders({ plugin, target, isTrusted }, headers)
    const response = await fetch(target, { ...request, headers: texts })
    const location = response.headers.get('location')
    if (redirect === 'manual' || location === null || !REDIRECTS.has(response.status)) return response
    await response.body?.cancel()
    const next = URL.canParse(location, target.href) ? new URL(location, target) : null
    const where = next === null ? 'an invalid place' : next.origin === 'null' ? next.protocol : next.origin
    if (redirect === 'error') throw httpFailed(plugin, target, `it redirects to ${where}`)
    if (next === null || !/^https?:$/.test(next.protocol) || next.username !== '' || next.password !== '')
      throw httpFailed(plugin, target, `it redirects to ${where}, where no request can go`)
    if (hops === MOST_REDIRECTS) throw httpFailed(plugin, first, `more than ${MOST_REDIRECTS} redirects`)
    isTrusted &&= next.origin === first.origin
    target = next
    if (!becomesGet(request, response.status)) continue
    const { body: _body, ...without } = request
    request = { ...without, method: 'GET' }
    headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_BODY.test(name)))
  }
}

/** Fetch, 4.4: 301 and 302 turn a POST into a GET, 303 everything but GET and HEAD. */
function becomesGet({ method = 'GET' }: RequestInit, status: number): boolean {
  const verb = method.toUpperCase()
  if (status === 303) return verb !== 'GET' && verb !== 'HEAD'
  return (status === 301 || status === 302) && verb === 'POST'
}
