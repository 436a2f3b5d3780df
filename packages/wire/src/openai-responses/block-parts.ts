import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelDelta } from '../model/event.ts'

/** What an opaque delta of this format brings to its block. */
export type BlockPart =
  /** Fields of the item (for an opaque block: the whole item as it ended). */
  | { readonly item: JsonRecord }
  | { readonly annotation: unknown }
  | { readonly logprobs: readonly unknown[] }
  /** An event about the item that nobody here understands. */
  | { readonly event: JsonRecord }

export function partDelta(part: BlockPart): ModelDelta {
  return { type: 'opaque', format: 'openai-responses', value: part }
}

/** null for a delta of another format. */
export function readPart(delta: Extract<ModelDelta, { type: 'opaque' }>): BlockPart | null {
  const { format, value } = delta
  if (format !== 'openai-responses' || !isRecord(value)) return null
  const { item, annotation, logprobs, event } = value
  if (isRecord(item)) return { item }
  if (Array.isArray(logprobs)) return { logprobs }
  if (isRecord(event)) return { event }
  return annotation === undefined ? null : { annotation }
}
