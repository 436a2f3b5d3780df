import { PluginError } from '@agentproxy/plugin'
import type { HttpInit, PluginHttp, Secret } from '@agentproxy/plugin'
import { isSecret, revealSecret } from '../secrets/secret-handle.ts'
import { textOf } from '../text-of.ts'

const DEFAULT_TIMEOUT_MS = 30_000
const MOST_REDIRECTS = 5
// Fetch, 4.4: these turn a POST into a GET; 303 turns everything but HEAD.
const TO_GET: ReadonlySet<number> = new Set([301, 302, 303])
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** The host's HTTP client for one generation of one plugin: what it sends ends with the plugin. */
export function createPluginHttp(plugin: string, life: AbortSignal): PluginHttp {
  return async (url, init = {}) => {
    const first = await targetOf(plugin, url)
    const limit = new AbortController()
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = init
    const timer = setTimeout(
      () => limit.abort(failed(plugin, first, `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    const signals = [life, limit.signal, ...(init.signal ? [init.signal] : [])]
    try {
      return await follow({ plugin, signal: AbortSignal.any(signals) }, first, init)
    } catch (thrown) {
      // The caller's own abort stays what it is.
      if (init.signal?.aborted === true) throw init.signal.reason
      throw PluginError.is(thrown) ? thrown : failed(plugin, first, causeText(thrown), thrown)
    } finally {
      clearTimeout(timer)
    }
  }
}

interface Caller {
  readonly plugin: string
  readonly signal: AbortSignal
}

async function follow({ plugin, signal }: Caller, first: URL, init: HttpInit): Promise<Response> {
  const { headers = {}, redirect = 'follow', timeoutMs: _limit, ...rest } = init
  let request: RequestInit = { ...rest, signal, redirect: 'manual' }
  let target = first
  for (let hops = 0; ; hops++) {
    const response = await fetch(target, { ...request, headers: await reveal(headers, target, first) })
    const location = response.headers.get('location')
    if (redirect === 'manual' || location === null || !REDIRECTS.has(response.status)) return response
    await response.body?.cancel()
    if (redirect === 'error') throw failed(plugin, target, `it redirects to ${originOf(location, target)}`)
    if (hops === MOST_REDIRECTS) throw failed(plugin, first, `more than ${MOST_REDIRECTS} redirects`)
    target = await targetOf(plugin, new URL(location, target))
    request = redirected(request, response.status)
  }
}

function redirected(request: RequestInit, status: number): RequestInit {
  const method = request.method?.toUpperCase() ?? 'GET'
  const toGet = status === 303 ? method !== 'HEAD' : TO_GET.has(status) && method === 'POST'
  if (!toGet) return request
  const { body: _body, ...without } = request
  return { ...without, method: 'GET' }
}

/** Headers as text; on another origin than the first, those with a secret are left out. */
async function reveal(
  headers: Readonly<Record<string, string | Secret>>,
  target: URL,
  first: URL,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') texts[name] = value
    else if (target.origin === first.origin) texts[name] = await revealSecret(value, target.origin)
  }
  return texts
}

async function targetOf(plugin: string, url: string | URL | Secret): Promise<URL> {
  const text = isSecret(url) ? await revealSecret(url, null) : String(url)
  const target = URL.canParse(text) ? new URL(text) : null
  if (target?.protocol === 'http:' || target?.protocol === 'https:') return target
  const shown = isSecret(url) ? `what ${String(url)} holds` : text.slice(0, 200)
  throw new PluginError('HTTP_FAILED', `plugin ${plugin}: ${shown} is no http or https URL`, { plugin })
}

function originOf(location: string, base: URL): string {
  return URL.canParse(location, base.href) ? new URL(location, base).origin : 'an invalid place'
}

/** Only the origin is told: paths and queries may hold what a secret URL keeps. */
function failed(plugin: string, target: URL, what: string, cause?: unknown): PluginError {
  return new PluginError('HTTP_FAILED', `plugin ${plugin} asked ${target.origin}: ${what}`, { plugin, cause })
}

function causeText(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown
  return textOf(cause)
}
