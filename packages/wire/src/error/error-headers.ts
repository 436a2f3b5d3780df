type Headers = Readonly<Record<string, string>>

/** `retry-after-ms`, or `retry-after` in seconds or as an HTTP date (RFC 9110), as milliseconds from now. */
export function retryAfterMs(headers: Headers, nowMs: number = Date.now()): number | null {
  const exact = header(headers, 'retry-after-ms')
  if (exact !== null && isCount(exact)) return Math.round(Number(exact))
  const value = header(headers, 'retry-after')
  if (value === null) return null
  if (isCount(value)) return Math.round(Number(value) * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}

/** Anthropic says `request-id`, OpenAI and most others `x-request-id`. */
export function requestId(headers: Headers): string | null {
  return header(headers, 'request-id') ?? header(headers, 'x-request-id')
}

function header(headers: Headers, name: string): string | null {
  const direct = headers[name]
  if (direct !== undefined) return direct.trim()
  for (const [key, value] of Object.entries(headers)) if (key.toLowerCase() === name) return value.trim()
  return null
}

function isCount(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text)
}
