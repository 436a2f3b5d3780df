/** What a guest says of an error; the words are its own. */
interface GuestError {
  readonly name: string
  readonly message: string
}

/** One thing a guest wants to add, in the order of its handlers. */
export type Declaration =
  | { readonly kind: 'hook'; readonly name: string; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'tool'
      readonly name: string
      readonly description: string
      readonly parameters: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'event'; readonly name: string }

/** What a guest asks its host to do for it. */
export type GuestRequest =
  | {
      readonly kind: 'fetch'
      readonly url: string
      readonly method: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | null
    }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly text: string }

type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type GuestMessage =
  | { readonly op: 'ready'; readonly declarations: readonly Declaration[] }
  | { readonly op: 'failed'; readonly error: GuestError }
  | { readonly op: 'result'; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly op: 'result'; readonly id: number; readonly ok: false; readonly error: GuestError }
  | { readonly op: 'pong'; readonly id: number }
  | { readonly op: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: Fields }
  | { readonly op: 'emit'; readonly name: string; readonly event: unknown }
  | { readonly op: 'request'; readonly id: number; readonly request: GuestRequest }

type Fields = Readonly<Record<string, unknown>>

const MAX_DEPTH = 200
const MAX_DECLARATIONS = 256
const MAX_NAME = 200

/** Reads one message of a guest as data without a prototype's traps; null = no honest guest says this. */
export function readGuestMessage(text: string): GuestMessage | null {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return null
  }
  if (!isPlain(message, 0) || !isRecord(message)) return null
  const { op, id } = message
  switch (op) {
    case 'ready':
      return readReady(message['declarations'])
    case 'failed':
      return { op, error: readError(message['error']) }
    case 'result':
      if (!isId(id)) return null
      return message['ok'] === true
        ? { op, id, ok: true, value: message['value'] ?? null }
        : { op, id, ok: false, error: readError(message['error']) }
    case 'pong':
      return isId(id) ? { op, id } : null
    case 'log':
      return readLog(message)
    case 'emit':
      return isName(message['name']) ? { op, name: message['name'], event: message['event'] ?? null } : null
    case 'request': {
      const request = readRequest(message)
      return isId(id) && request !== null ? { op, id, request } : null
    }
    default:
      return null
  }
}

/** Takes `__proto__` keys out, in place, so that no copy of the value can change a prototype; false = too deep. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth >= MAX_DEPTH) return false
  if (Object.hasOwn(value, '__proto__')) delete (value as Record<string, unknown>)['__proto__']
  return Object.values(value).every((one) => isPlain(one, depth + 1))
}

function readReady(given: unknown): GuestMessage | null {
  if (!Array.isArray(given) || given.length > MAX_DECLARATIONS) return null
  const declarations = given.map(readDeclaration)
  return declarations.includes(null) ? null : { op: 'ready', declarations: declarations as Declaration[] }
}

function readDeclaration(given: unknown): Declaration | null {
  if (!isRecord(given) || !isName(given['name'])) return null
  const { kind, name } = given
  if (kind === 'hook') return { kind, name, options: recordOr(given['options']) }
  if (kind === 'event') return { kind, name }
  if (kind !== 'tool') return null
  return {
    kind,
    name,
    description: textOr(given['description'], ''),
    parameters: recordOr(given['parameters']),
  }
}

function readLog({ level, message, fields }: Fields): GuestMessage | null {
  if (level !== 'debug' && level !== 'info' && level !== 'warn' && level !== 'error') return null
  return {
    op: 'log',
    level,
    message: plainText(textOr(message, '')).slice(0, 4000),
    fields: recordOr(fields),
  }
}

function readRequest(given: Fields): GuestRequest | null {
  const { kind, url, path, text, method, headers, body } = given
  if (kind === 'read') return typeof path === 'string' ? { kind, path } : null
  if (kind === 'write')
    return typeof path === 'string' && typeof text === 'string' ? { kind, path, text } : null
  if (kind !== 'fetch' || typeof url !== 'string') return null
  const named = Object.entries(recordOr(headers)).filter(([, value]) => typeof value === 'string')
  return {
    kind,
    url,
    method: textOr(method, 'GET').toUpperCase(),
    headers: Object.fromEntries(named) as Record<string, string>,
    body: typeof body === 'string' ? body : null,
  }
}

function readError(given: unknown): GuestError {
  const { name, message } = recordOr(given)
  return {
    name: plainText(textOr(name, 'Error')).slice(0, 100),
    message: plainText(textOr(message, 'no reason given')).slice(0, 2000),
  }
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const recordOr = (value: unknown): Fields => (isRecord(value) ? value : {})
const textOr = (value: unknown, other: string): string => (typeof value === 'string' ? value : other)
/** Without what could steer the terminal it is shown on. */
// oxlint-disable-next-line no-control-regex
const plainText = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME
