import { z } from 'zod'

// The updates of the protocol (version 1) that are used here. Agents send more than the protocol has, and other things than
// it says: what cannot be read is passed over, and does not end the turn.

const text = z.object({ type: z.literal('text'), text: z.string() })
const content = z.union([text, z.object({ type: z.string() }).transform(() => ({ type: 'other' as const }))])

const toolContent = z.union([
  z.object({ type: z.literal('content'), content }),
  z.object({ type: z.literal('diff'), path: z.string() }),
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
])

/** A call as far as it is told: an update says only what has changed. */
export const toolCall = z.object({
  toolCallId: z.string(),
  title: z.string().nullish(),
  kind: z.string().nullish(),
  status: z.string().nullish(),
  locations: z.array(z.object({ path: z.string() })).nullish(),
  content: z.array(toolContent).nullish(),
  rawInput: z.unknown().optional(),
  rawOutput: z.unknown().optional(),
})
export type ToolCall = z.infer<typeof toolCall>

const update = z.discriminatedUnion('sessionUpdate', [
  z.object({ sessionUpdate: z.literal('agent_message_chunk'), content }),
  z.object({ sessionUpdate: z.literal('agent_thought_chunk'), content }),
  z.object({ sessionUpdate: z.literal('tool_call'), ...toolCall.shape }),
  z.object({ sessionUpdate: z.literal('tool_call_update'), ...toolCall.shape }),
  z.object({
    sessionUpdate: z.literal('plan'),
    entries: z.array(
      z.object({ content: z.string(), status: z.enum(['pending', 'in_progress', 'completed']) }),
    ),
  }),
])
export type Update = z.infer<typeof update>

const KNOWN: ReadonlySet<string> = new Set(update.options.map((option) => option.shape.sessionUpdate.value))
const envelope = z.object({ update: z.looseObject({ sessionUpdate: z.string() }) })

/** Reads the parameters of `session/update`; `broken` when they are none, null when they are of no use here. */
export function readUpdate(params: unknown): Update | 'broken' | null {
  const outer = envelope.safeParse(params)
  if (!outer.success) return 'broken'
  if (!KNOWN.has(outer.data.update.sessionUpdate)) return null
  return update.safeParse(outer.data.update).data ?? 'broken'
}
