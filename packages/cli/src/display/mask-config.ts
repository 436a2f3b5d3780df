const SECRET_KEY = /key|token|secret|password|passwd|passphrase|credential|cookie|authorization/i
/** These name where a secret is, and are none. */
const NAME_OF_ONE = /(?:env|variable|name|file|path|url)$/i
export const MASK = '[masked]'

/** A configuration that may be shown: texts under keys that look secret are replaced, and passwords in URLs. */
export function maskConfig(value: unknown, secret = false): unknown {
  if (typeof value === 'string') return secret && value !== '' ? MASK : maskUrl(value)
  if (Array.isArray(value)) return value.map((item) => maskConfig(item, secret))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      maskConfig(item, secret || (SECRET_KEY.test(key) && !NAME_OF_ONE.test(key))),
    ]),
  )
}

function maskUrl(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):[^/@]+@/i, `$1:${MASK}@`)
    .replace(/^([a-z][a-z0-9+.-]*:\/\/.*?[?&](?:password|sslpassword)=)[^&]+/i, `$1${MASK}`)
}
