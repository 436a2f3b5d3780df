/** What a gateway must know of a request before it decides whether to read it. */
export interface RequestScan {
  /** The last top-level `model` that is a string; `start` and `end` are the byte offsets of its JSON token, quotes included. */
  readonly model: { readonly value: string; readonly start: number; readonly end: number } | null
  readonly stream: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
/** Text that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/**
 * Finds the top-level `model` and `stream` of a JSON object without building it. Of duplicate keys the last one wins,
 * as with JSON.parse, so the whole text is passed over once, in linear time. Keys written with escapes are understood.
 * null when the text is not one JSON object. Nested values are skipped, not validated: whoever parses them will judge.
 */
export function scanRequest(bytes: Uint8Array): RequestScan | null {
  let model: RequestScan['model'] = null
  let stream = false
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== 0x7b) return null
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === 0x7d) return skipSpace(bytes, at + 1) === bytes.length ? { model, stream } : null

  for (;;) {
    if (bytes[at] !== QUOTE) return null
    const keyEnd = stringEnd(bytes, at)
    if (keyEnd === -1) return null
    const key = readKey(bytes, at, keyEnd)
    if (key === null) return null
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] !== COLON) return null
    const start = skipSpace(bytes, at + 1)
    const end = valueEnd(bytes, start)
    if (end === -1) return null
    if (key === 'stream') stream = bytes[start] === 0x74 && end - start === 'true'.length
    if (key === 'model') {
      const value = bytes[start] === QUOTE ? readString(bytes, start, end) : null
      if (value === null && bytes[start] === QUOTE) return null
      model = value === null ? null : { value, start, end }
    }
    at = skipSpace(bytes, end)
    if (bytes[at] === 0x7d) return skipSpace(bytes, at + 1) === bytes.length ? { model, stream } : null
    if (bytes[at] !== COMMA) return null
    at = skipSpace(bytes, at + 1)
  }
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  for (
    let byte = bytes[at];
    byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    byte = bytes[at]
  )
    at += 1
  return at
}

/** Offset after the string that opens at `start`; -1 when it never closes. Long strings are passed over natively. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  const near = Math.min(bytes.length, start + 48)
  for (; at < near; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) at += 1
  }
  for (let quote = bytes.indexOf(QUOTE, at); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slash = quote - 1
    while (slash >= at && bytes[slash] === BACKSLASH) slash -= 1
    if ((quote - 1 - slash) % 2 === 0) return quote + 1
  }
  return -1
}

/** Offset after the value at `start`; -1 when there is none. */
function valueEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start]
  if (first === QUOTE) return stringEnd(bytes, start)
  if (first === 0x7b || first === 0x5b) return containerEnd(bytes, start)
  let at = start
  while (at < bytes.length && !isDelimiter(bytes[at])) at += 1
  return LITERAL.test(textOf(bytes, start, at)) ? at : -1
}

function containerEnd(bytes: Uint8Array, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at)
      if (end === -1) return -1
      at = end - 1
    } else if (byte === 0x7b || byte === 0x5b) depth += 1
    else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

function isDelimiter(byte: number | undefined): boolean {
  return (
    byte === COMMA ||
    byte === 0x7d ||
    byte === 0x5d ||
    byte === 0x20 ||
    byte === 0x0a ||
    byte === 0x0d ||
    byte === 0x09
  )
}

/** The key if it can be one we look for, '' for any other, null if it is no JSON string. */
function readKey(bytes: Uint8Array, start: number, end: number): string | null {
  const length = end - start
  if (length !== '"model"'.length && length !== '"stream"'.length && isPlain(bytes, start, end)) return ''
  return readString(bytes, start, end)
}

function readString(bytes: Uint8Array, start: number, end: number): string | null {
  const text = textOf(bytes, start + 1, end - 1)
  if (PLAIN.test(text)) return text
  try {
    const value: unknown = JSON.parse(textOf(bytes, start, end))
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}

/** Keys are short: a look at each byte costs less than a search that may go far beyond the key. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === BACKSLASH) return false
  return true
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return buffer.toString('utf8', start, end)
}
