import { readTyped } from '@agentproxy/agent-kit'
import { z } from 'zod'

// The parts of opencode's API (1.18, `GET /doc`) that are used here.

const tokens = z.object({
  input: z.number(),
  output: z.number(),
  reasoning: z.number(),
  cache: z.object({ read: z.number(), write: z.number() }),
})

const time = z.object({ end: z.number().nullish() }).nullish()
const ofMessage = { id: z.string(), sessionID: z.string(), messageID: z.string() }

const toolState = z.union([
  z.object({ status: z.literal('running'), input: z.unknown().optional() }),
  z.object({ status: z.literal('completed'), input: z.unknown().optional(), output: z.string() }),
  z.object({ status: z.literal('error'), input: z.unknown().optional(), error: z.string() }),
  z.object({ status: z.string() }).transform(() => ({ status: 'other' as const })),
])

const part = z.union([
  z.object({
    ...ofMessage,
    type: z.literal('text'),
    text: z.string(),
    synthetic: z.boolean().nullish(),
    time,
  }),
  z.object({ ...ofMessage, type: z.literal('reasoning'), text: z.string(), time }),
  z.object({ ...ofMessage, type: z.literal('tool'), callID: z.string(), tool: z.string(), state: toolState }),
  z.object({ ...ofMessage, type: z.literal('step-finish'), tokens }),
  z.object({ sessionID: z.string(), type: z.string() }).transform(() => ({ type: 'other' as const })),
])
export type OpencodePart = z.infer<typeof part>

const failure = z.object({
  name: z.string(),
  data: z
    .looseObject({
      message: z.string().nullish(),
      statusCode: z.number().nullish(),
      isRetryable: z.boolean().nullish(),
    })
    .nullish(),
})
export type OpencodeFailure = z.infer<typeof failure>

const permission = z.object({
  id: z.string(),
  sessionID: z.string(),
  permission: z.string(),
  patterns: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  always: z.array(z.string()),
})
export type OpencodePermission = z.infer<typeof permission>

const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('server.connected') }),
  z.object({
    type: z.literal('message.updated'),
    properties: z.object({
      info: z.object({
        id: z.string(),
        sessionID: z.string(),
        role: z.string(),
        finish: z.string().nullish(),
        error: failure.nullish(),
      }),
    }),
  }),
  z.object({ type: z.literal('message.part.updated'), properties: z.object({ part }) }),
  z.object({ type: z.literal('permission.asked'), properties: permission }),
  z.object({
    type: z.literal('session.status'),
    properties: z.object({
      sessionID: z.string(),
      status: z.object({ type: z.string(), attempt: z.number().nullish(), message: z.string().nullish() }),
    }),
  }),
  z.object({ type: z.literal('session.idle'), properties: z.object({ sessionID: z.string() }) }),
  z.object({
    type: z.literal('session.error'),
    properties: z.object({ sessionID: z.string().nullish(), error: failure.nullish() }),
  }),
  z.object({ type: z.literal('session.compacted'), properties: z.object({ sessionID: z.string() }) }),
  z.object({
    type: z.literal('todo.updated'),
    properties: z.object({
      sessionID: z.string(),
      todos: z.array(z.object({ content: z.string(), status: z.string() })),
    }),
  }),
])
export type OpencodeEvent = z.infer<typeof event> | { readonly type: 'ignored' }

const KNOWN: ReadonlySet<string> = new Set(event.options.map((option) => option.shape.type.value))

/** Reads one event; null when it is none. Types that are not used here are `ignored`. */
export function readEvent(text: string): OpencodeEvent | null {
  return readTyped(text, { known: KNOWN, read: (value) => event.safeParse(value).data ?? null })
}

export const sessionAnswer = z.object({ id: z.string() })
