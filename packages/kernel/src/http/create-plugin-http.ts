import { PluginError } from '@agentproxy/plugin'
import type { PluginHttp, Secret } from '@agentproxy/plugin'
import { isSecret, revealSecretUrl } from '../secrets/secret-handle.ts'
import { textOf } from '../text-of.ts'
import { followRedirects } from './follow-redirects.ts'
import { httpFailed } from './http-failed.ts'

const DEFAULT_TIMEOUT_MS = 30_000

/** The host's HTTP client for one generation of one plugin: what it sends ends with the plugin. */
export function createPluginHttp(plugin: string, life: AbortSignal): PluginHttp {
  return async (url, init = {}) => {
    const first = await targetOf(plugin, url)
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal: own } = init
    const limit = new AbortController()
    const late = (): void => limit.abort(httpFailed(plugin, first, `no answer within ${timeoutMs} ms`))
    const timer = setTimeout(late, timeoutMs)
    const signal = AbortSignal.any([life, limit.signal, ...(own ? [own] : [])])
    try {
      signal.throwIfAborted()
      const response = await followRedirects({ plugin, signal }, first, init)
      return isSecret(url) ? withoutUrl(response) : response
    } catch (thrown) {
      // The caller's own abort stays what it is.
      if (own?.aborted === true) throw own.reason
      if (PluginError.is(thrown)) throw thrown
      throw httpFailed(plugin, first, reasonOf(thrown), thrown)
    } finally {
      clearTimeout(timer)
    }
  }
}

async function targetOf(plugin: string, url: string | URL | Secret): Promise<URL> {
  if (isSecret(url)) return requireHttp(plugin, await revealSecretUrl(url), `what ${String(url)} holds`)
  const text = String(url)
  const shown = JSON.stringify(text.split(/[?#]/, 1)[0]?.slice(0, 100))
  return requireHttp(plugin, URL.canParse(text) ? new URL(text) : null, shown)
}

/** A user name or password in a URL would stand in errors and logs of others; fetch refuses them, quoting them. */
function requireHttp(plugin: string, url: URL | null, shown: string): URL {
  const invalid = (what: string): PluginError =>
    new PluginError('HTTP_FAILED', `plugin ${plugin}: ${what}`, { plugin })
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw invalid(`${shown} is no http or https URL`)
  if (url.username !== '' || url.password !== '')
    throw invalid(
      `the URL of ${url.origin} holds a user name or a password; send them in an authorization header`,
    )
  return url
}

/** fetch tells the whole URL in `response.url`. The body goes through a stream of ours, so that it outlives fetch's response. */
function withoutUrl(response: Response): Response {
  const { status, statusText, headers } = response
  const body = response.body?.pipeThrough(new TransformStream()) ?? null
  return new Response(body, { status, statusText, headers })
}

function reasonOf(thrown: unknown): string {
  return textOf(thrown instanceof Error ? (thrown.cause ?? thrown) : thrown)
}
