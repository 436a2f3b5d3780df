import { anthropic } from './anthropic/anthropic.ts'
import { WireReadError } from './errors.ts'
import type { Format } from './format.ts'
import { gemini } from './gemini/gemini.ts'
import type { WireFormat } from './model/format-name.ts'
import { openaiChat } from './openai-chat/openai-chat.ts'
import { openaiResponses } from './openai-responses/openai-responses.ts'

/** Every wire format this package reads and writes. A new one is a room of its own and a line here. */
export const formats: Readonly<Partial<Record<WireFormat, Format>>> = {
  anthropic,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}

/** Throws `WireReadError` (`UNKNOWN_FORMAT`) for a format that is not in `formats`. */
export function formatOf(name: WireFormat): Format {
  const format = formats[name]
  if (format === undefined)
    throw new WireReadError('UNKNOWN_FORMAT', '', `The wire format "${name}" is not supported`)
  return format
}
