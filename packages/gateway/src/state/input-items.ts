/** One item of a conversation of the Responses format, as it stands on the wire. */
export type Item = Readonly<Record<string, unknown>>

/** What a request's `input` says, as items: a bare string is a user's message. */
export function inputItems(input: unknown): readonly Item[] {
  if (typeof input === 'string') {
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }]
  }
  return Array.isArray(input) ? input.filter(isItem) : []
}

export function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
