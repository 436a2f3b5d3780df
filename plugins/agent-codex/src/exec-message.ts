import { readTyped } from '@agentproxy/agent-kit'
import { z } from 'zod'

// Lines of `codex exec --json`, the parts used here.

const item = z.union([
  z.object({ type: z.literal('agent_message'), text: z.string() }),
  z.object({ type: z.literal('reasoning'), text: z.string() }),
  z.object({
    type: z.literal('command_execution'),
    id: z.string(),
    command: z.string(),
    aggregated_output: z.string().nullish(),
    status: z.string(),
  }),
  z.object({
    type: z.literal('file_change'),
    id: z.string(),
    changes: z.array(z.object({ path: z.string(), kind: z.string() })),
    status: z.string(),
  }),
  z.object({ type: z.literal('error'), message: z.string() }),
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
])
export type ExecItem = z.infer<typeof item>

const usage = z.object({ input_tokens: z.number(), output_tokens: z.number() })

const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thread.started'), thread_id: z.string() }),
  z.object({ type: z.literal('item.started'), item }),
  z.object({ type: z.literal('item.completed'), item }),
  z.object({ type: z.literal('turn.completed'), usage }),
  z.object({ type: z.literal('turn.failed'), error: z.object({ message: z.string() }) }),
  /** Also a mere reconnection: only `turn.failed` is an end. */
  z.object({ type: z.literal('error'), message: z.string() }),
])
export type ExecEvent = z.infer<typeof event> | { readonly type: 'ignored' }

const KNOWN: ReadonlySet<string> = new Set(event.options.map((option) => option.shape.type.value))

/** Reads one line; null when it is no event. Types that are not used here are `ignored`. */
export function readExecEvent(line: string): ExecEvent | null {
  return readTyped(line, { known: KNOWN, read: (value) => event.safeParse(value).data ?? null })
}
