/** A value as the text of a column. `undefined`, which JSON lacks, becomes null. Throws `TypeError` for what JSON cannot say. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

export function decodeJson(text: string): unknown {
  return JSON.parse(text)
}
