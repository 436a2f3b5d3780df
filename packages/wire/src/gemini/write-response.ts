import type { WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import type { ModelEvent } from '../model/event.ts'
import { AnswerChunks } from './answer-chunks.ts'
import type { Chunk } from './answer-chunks.ts'

/** What every chunk says a piece of; all else is said whole, and the last time counts. */
const PIECEMEAL = new Set(['citationMetadata', 'logprobsResult'])
const TEXT_KEYS = new Set(['text', 'thought', 'thoughtSignature'])

/** Folds events into the JSON answer of `:generateContent`: the chunks of its stream, joined. */
export function writeGeminiResponse(
  events: readonly ModelEvent[],
  loss: LossReport,
  options: WriteOptions = {},
): Record<string, unknown> {
  if (events.at(-1)?.type !== 'end') throw new TypeError('the answer is not whole')
  const writer = new AnswerChunks(loss, options)
  const chunks = events.flatMap((event) => {
    if (event.type === 'ping') return []
    if (event.type === 'error')
      throw new TypeError('an answer that ends in an error is written with writeError')
    return writer.take(event)
  })
  return joinChunks(chunks)
}

function joinChunks(chunks: readonly Chunk[]): Record<string, unknown> {
  const byIndex = new Map<unknown, JsonRecord>()
  let fields: JsonRecord = {}
  for (const { candidates, ...rest } of chunks) {
    fields = { ...fields, ...rest }
    for (const candidate of Array.isArray(candidates) ? candidates.filter(isRecord) : []) {
      const index = candidate['index']
      byIndex.set(index, joinCandidate(byIndex.get(index) ?? {}, candidate))
    }
  }
  const candidates = [...byIndex.values()].map(trimmed)
  return candidates.length === 0 ? { ...fields } : { candidates, ...fields }
}

function joinCandidate(before: JsonRecord, after: JsonRecord): JsonRecord {
  const joined: Record<string, unknown> = { ...before }
  for (const [key, value] of Object.entries(after)) {
    const own = joined[key]
    if (key === 'content' && isRecord(own) && isRecord(value)) joined[key] = joinContent(own, value)
    else joined[key] = PIECEMEAL.has(key) ? joinDeep(own, value) : value
  }
  return joined
}

function joinContent(before: JsonRecord, after: JsonRecord): JsonRecord {
  const parts = [...partsOf(before)]
  for (const part of partsOf(after)) {
    const last = parts.at(-1)
    if (last !== undefined && belongsTo(part, last)) parts.splice(-1, 1, joinText(last, part))
    else parts.push(part)
  }
  return { ...before, ...after, parts }
}

function partsOf({ parts }: JsonRecord): readonly JsonRecord[] {
  return Array.isArray(parts) ? parts.filter(isRecord) : []
}

/** Text goes on until it is signed; of signatures only that of a thought comes after its text. */
function belongsTo(part: JsonRecord, last: JsonRecord): boolean {
  if (!isText(part) || !isText(last) || last['thoughtSignature'] !== undefined) return false
  const isThought = part['thought'] === true
  return isThought === (last['thought'] === true) && (isThought || part['thoughtSignature'] === undefined)
}

function isText(part: JsonRecord): boolean {
  return typeof part['text'] === 'string' && Object.keys(part).every((key) => TEXT_KEYS.has(key))
}

function joinText(last: JsonRecord, part: JsonRecord): JsonRecord {
  return { ...last, ...part, text: `${String(last['text'])}${String(part['text'])}` }
}

/** The empty text that ends a stream says nothing in an answer, unless it is all there is. */
function trimmed(candidate: JsonRecord): JsonRecord {
  const { content } = candidate
  if (!isRecord(content)) return candidate
  const parts = partsOf(content)
  const kept = parts.filter((part) => part['text'] !== '' || Object.keys(part).length > 1)
  return { ...candidate, content: { ...content, parts: kept.length === 0 ? parts.slice(0, 1) : kept } }
}

function joinDeep(before: unknown, after: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(after))
    return [...(before as unknown[]), ...(after as unknown[])]
  if (!isRecord(before) || !isRecord(after)) return after
  const joined: Record<string, unknown> = { ...before }
  for (const [key, value] of Object.entries(after)) joined[key] = joinDeep(joined[key], value)
  return joined
}
