import type { Secret } from './secrets.ts'

export interface HttpInit extends Omit<RequestInit, 'headers' | 'redirect'> {
  readonly headers?: Readonly<Record<string, string | Secret>>
  /** `follow`: at most 5 redirects, without secrets once the origin changes. Default `follow`. */
  readonly redirect?: 'follow' | 'error' | 'manual'
  /** Milliseconds until the answer's head must be there. Default 30000. */
  readonly timeoutMs?: number
}

/**
 * The host's pooled HTTP client, as `fetch`: http and https only, ended when the plugin goes. Rejects with `HTTP_FAILED`,
 * which names the plugin and the origin but no secret; answers of any status resolve.
 */
export type PluginHttp = (url: string | URL | Secret, init?: HttpInit) => Promise<Response>
