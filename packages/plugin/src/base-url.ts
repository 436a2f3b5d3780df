const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Why an upstream's base URL cannot be used, or null. A key is sent to it, so plain http is for this machine alone. */
export function baseUrlProblem(text: string): string | null {
  if (!URL.canParse(text)) return 'must be an absolute URL such as https://api.anthropic.com'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (url.search !== '' || url.hash !== '') return 'must not have a query or fragment'
  if (url.protocol === 'https:') return null
  if (url.protocol !== 'http:') return 'must begin with https://'
  return LOOPBACK.has(url.hostname)
    ? null
    : 'must begin with https://; http:// is only for 127.0.0.1, localhost and [::1]'
}
