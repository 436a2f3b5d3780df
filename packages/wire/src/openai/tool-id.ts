import { createHash } from 'node:crypto'

/** Longest `tool_calls[].id` OpenAI takes ("Expected a string with maximum length 40"). */
const MAX_LENGTH = 40

/** An id OpenAI takes: a longer one is cut and hashed, the same way in a call and its result. */
export function fitToolId(id: string, maxLength: number = MAX_LENGTH): string {
  if (id.length <= maxLength) return id
  const hash = createHash('sha256').update(id).digest('base64url').slice(0, 16)
  return `${id.slice(0, maxLength - 17)}_${hash}`
}
