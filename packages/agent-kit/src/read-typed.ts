interface TypedReader<Message> {
  /** Values of `type` that mean something to the reader; new ones appear often. */
  readonly known: ReadonlySet<string>
  /** null = it is not what its type promises. */
  read(this: void, value: object): Message | null
}

/** Reads a message of JSON with a `type`; null when it is none. Types that are not known are `ignored`. */
export function readTyped<Message>(
  text: string,
  { known, read }: TypedReader<Message>,
): Message | { readonly type: 'ignored' } | null {
  const value = parse(text)
  if (typeof value !== 'object' || value === null || !('type' in value)) return null
  if (typeof value.type !== 'string') return null
  return known.has(value.type) ? read(value) : { type: 'ignored' }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
