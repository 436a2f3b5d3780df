import type { IncomingHttpHeaders } from 'node:http'
import { readJsonObject } from '../web/read-json-object.ts'

/** Headers in which agents name their conversation: Claude Code, Codex, and what others have taken over. */
const SESSION_HEADERS = ['x-claude-code-session-id', 'session_id', 'conversation_id', 'x-session-id'] as const
const MARKS = ['"prompt_cache_key"', '"user_id"'] as const
/** Longer ones name no conversation. */
const LONGEST_KEY = 1_024

/**
 * What tells the conversation of a request: a session header, its task, `prompt_cache_key` (OpenAI) or `metadata.user_id`
 * (Anthropic); null if nothing does. The body is parsed only where one of the last two may be in it.
 */
export function affinityKey(request: {
  readonly headers: IncomingHttpHeaders
  readonly taskId: string | null
  readonly bytes: Buffer
}): string | null {
  for (const name of SESSION_HEADERS) {
    const value = usable(request.headers[name])
    if (value !== null) return value
  }
  if (request.taskId !== null) return request.taskId
  if (!MARKS.some((mark) => request.bytes.includes(mark))) return null
  return keyInBody(request.bytes)
}

function keyInBody(bytes: Buffer): string | null {
  const body = readJsonObject(bytes.toString()) ?? {}
  const { prompt_cache_key: cacheKey, metadata } = body
  return usable(cacheKey) ?? usable(fieldsOf(metadata)['user_id'])
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function usable(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_KEY ? value : null
}
