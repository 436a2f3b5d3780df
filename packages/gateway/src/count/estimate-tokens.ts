/** What most vendors' tokenizers come to, for English and code. */
const BYTES_PER_TOKEN = 4
/** An image or a file, whatever its size: about what Anthropic counts for a large image. */
const TOKENS_PER_FILE = 1_600
/** Say how to answer, not what was said. */
const SETTINGS: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'max_tokens',
  'metadata',
  'cache_control',
  'generationConfig',
  'safetySettings',
])

/**
 * Tokens of a request of any format, by a rule of thumb: a quarter of the UTF-8 bytes of all its names and texts, rounded up,
 * and 1,600 for each image or file. Nothing in it is called, so it costs nothing.
 */
export function estimateTokens(request: Readonly<Record<string, unknown>>): number {
  const weight = { bytes: 0, files: 0 }
  for (const [name, value] of Object.entries(request)) if (!SETTINGS.has(name)) weigh(weight, value, name)
  return Math.ceil(weight.bytes / BYTES_PER_TOKEN) + weight.files * TOKENS_PER_FILE
}

function weigh(weight: { bytes: number; files: number }, value: unknown, name: string): void {
  if (typeof value === 'string') {
    if (name === 'data' || value.startsWith('data:')) weight.files += 1
    else weight.bytes += Buffer.byteLength(value)
  } else if (Array.isArray(value)) {
    for (const each of value) weigh(weight, each, name)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      if (SETTINGS.has(key)) continue
      weight.bytes += Buffer.byteLength(key)
      weigh(weight, each, key)
    }
  } else {
    weight.bytes += String(value).length
  }
}
