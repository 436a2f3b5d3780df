import type { WireFormat } from '@agentproxy/wire'

export type Json = Record<string, unknown>

/** A field of a format, shown by the smallest document that says it. */
export interface FieldCase {
  /** As the reference names it. */
  readonly field: string
  /** Laid over the format's base document. */
  readonly sample: Json
  /** Why a format without a word for it loses nothing, for formats where that is so. */
  readonly nothingLost?: Partial<Record<WireFormat, string>>
}

export function field(name: string, sample: Json, nothingLost: FieldCase['nothingLost'] = {}): FieldCase {
  return { field: name, sample, nothingLost }
}
