import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'

/** Fields of an object that are read, by their JSON name; what is in them, where that is read too. */
interface Shape {
  readonly [field: string]: Shape | null
}

const PART: Shape = {
  inlineData: { mimeType: null },
  fileData: { mimeType: null, fileUri: null },
  functionCall: {},
  functionResponse: {},
  thoughtSignature: null,
}
const CONTENT: Shape = { parts: PART }
const REQUEST: Shape = {
  contents: CONTENT,
  systemInstruction: CONTENT,
  tools: { functionDeclarations: { parametersJsonSchema: null } },
  toolConfig: { functionCallingConfig: { allowedFunctionNames: null } },
  generationConfig: {
    thinkingConfig: { thinkingBudget: null, thinkingLevel: null },
    responseMimeType: null,
    responseSchema: null,
    responseJsonSchema: null,
    topP: null,
    topK: null,
    maxOutputTokens: null,
    stopSequences: null,
    candidateCount: null,
    presencePenalty: null,
    frequencyPenalty: null,
    responseLogprobs: null,
  },
}

/**
 * A request with the fields that are read in camelCase. JSON of protocol buffers may spell them in snake_case too, and
 * bodies written by hand do. What is not read keeps its spelling, as does what belongs to the client: arguments,
 * responses, schemas. A request without such fields comes out as it is.
 */
export function camelCased(body: JsonRecord): JsonRecord {
  return cased(body, REQUEST)
}

interface Known {
  readonly field: string
  readonly inner: Shape | null
}

const KNOWN = new Map<Shape, ReadonlyMap<string, Known>>()

/** The fields of a shape by both their spellings. */
function knownFields(shape: Shape): ReadonlyMap<string, Known> {
  const known = KNOWN.get(shape)
  if (known !== undefined) return known
  const fields = new Map<string, Known>()
  for (const [field, inner] of Object.entries(shape))
    for (const name of [field, snakeCase(field)]) fields.set(name, { field, inner })
  KNOWN.set(shape, fields)
  return fields
}

function cased(record: JsonRecord, shape: Shape): JsonRecord {
  const fields = knownFields(shape)
  let copy: Record<string, unknown> | null = null
  for (const key in record) {
    const known = fields.get(key)
    if (known === undefined) continue
    const { field, inner } = known
    const value = record[key]
    const read = inner === null ? value : casedWithin(value, inner)
    // Of two spellings the one in camelCase counts.
    const isSnake = field !== key && record[field] === undefined
    if (!isSnake && (read === value || field !== key)) continue
    copy ??= { ...record }
    if (isSnake) delete copy[key]
    copy[field] = read
  }
  return copy ?? record
}

function casedWithin(value: unknown, shape: Shape): unknown {
  if (isRecord(value)) return cased(value, shape)
  if (!Array.isArray(value)) return value
  const items: readonly unknown[] = value
  const read = items.map((item) => (isRecord(item) ? cased(item, shape) : item))
  return read.some((item, index) => item !== items[index]) ? read : value
}

/** More than all fields that are read; the steps of a pointer may be any text. */
const MAX_KNOWN = 64
const SNAKES = new Map<string, string>()

function snakeCase(field: string): string {
  const known = SNAKES.get(field)
  if (known !== undefined) return known
  const snake = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  if (SNAKES.size < MAX_KNOWN) SNAKES.set(field, snake)
  return snake
}

/** The pointer as the document spells it, where that is snake_case. */
export function asSpelled(body: JsonRecord, pointer: string): string {
  let value: unknown = body
  const steps = pointer.split('/').slice(1)
  const spelled = steps.map((step) => {
    const fields: JsonRecord = isRecord(value) || Array.isArray(value) ? Object(value) : {}
    const name = step in fields || !(snakeCase(step) in fields) ? step : snakeCase(step)
    value = fields[name]
    return `/${name}`
  })
  return spelled.join('')
}
