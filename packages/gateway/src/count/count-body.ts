import type { JsonObject, WireFormat } from '@agentproxy/plugin'
import { formats, LossReport, WireReadError } from '@agentproxy/wire'
import { failure, RequestRefused } from '../exchange/failure.ts'

/** Formats whose vendors count tokens. */
export type CountFormat = Extract<WireFormat, 'anthropic' | 'gemini'>

/** What Anthropic's count takes of a message request (docs.anthropic.com, Count Message tokens). */
const ANTHROPIC_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
])

export interface CountTarget {
  /** The client's format. */
  readonly from: CountFormat
  /** The upstream's. */
  readonly to: CountFormat
  readonly model: string
}

/** The request to count in the upstream's format. Throws `RequestRefused` (400) if it is none of the client's. */
export function writeCountBody(document: JsonObject, { from, to, model }: CountTarget): JsonObject {
  if (from === to) return from === 'anthropic' ? { ...document, model } : nameWrapped(document, model)
  const translated = translate(from === 'gemini' ? unwrapped(document) : { max_tokens: 1, ...document }, {
    from,
    to,
    model,
  })
  if (to === 'gemini') return { generateContentRequest: { model: `models/${model}`, ...translated } }
  return Object.fromEntries(Object.entries(translated).filter(([name]) => ANTHROPIC_FIELDS.has(name)))
}

/** The tokens an answer of a vendor's count names; null if it names none. */
export function readCount(format: CountFormat, answer: unknown): number | null {
  if (typeof answer !== 'object' || answer === null) return null
  const fields = answer as Readonly<Record<string, unknown>>
  const count = fields[format === 'anthropic' ? 'input_tokens' : 'totalTokens']
  return typeof count === 'number' ? count : null
}

export function writeCount(format: CountFormat, tokens: number): JsonObject {
  return format === 'anthropic' ? { input_tokens: tokens } : { totalTokens: tokens }
}

/** Gemini counts bare contents, or a whole request that is wrapped and names its model again. */
export function unwrapped(document: JsonObject): JsonObject {
  const inner = document['generateContentRequest']
  return isObject(inner) ? inner : document
}

function nameWrapped(document: JsonObject, model: string): JsonObject {
  const inner = document['generateContentRequest']
  return isObject(inner)
    ? { ...document, generateContentRequest: { ...inner, model: `models/${model}` } }
    : document
}

function translate(document: JsonObject, { from, to, model }: CountTarget): JsonObject {
  const [reader, writer] = [formats[from], formats[to]]
  if (reader === undefined || writer === undefined) throw new Error(`no format ${from} or ${to}`)
  const loss = new LossReport()
  try {
    const request = reader.readRequest({ model, ...document }, loss)
    return writer.writeRequest({ ...request, model, stream: false }, loss) as JsonObject
  } catch (error) {
    if (!WireReadError.is(error)) throw error
    throw new RequestRefused('bad_request', failure('invalid_request', error.message), error)
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
