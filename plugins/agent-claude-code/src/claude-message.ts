import { readTyped } from '@agentproxy/agent-kit'
import { z } from 'zod'

const block = z.union([
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('thinking'), thinking: z.string() }),
  z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() }),
  z.object({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).optional(),
    is_error: z.boolean().nullish(),
  }),
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
])
export type ClaudeBlock = z.infer<typeof block>

const result = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  session_id: z.string().nullish(),
  result: z.string().nullish(),
  errors: z.array(z.string()).nullish(),
  stop_reason: z.string().nullish(),
  terminal_reason: z.string().nullish(),
  api_error_status: z.number().nullish(),
  total_cost_usd: z.number().nullish(),
  usage: z
    .object({
      input_tokens: z.number(),
      output_tokens: z.number(),
      cache_creation_input_tokens: z.number().nullish(),
      cache_read_input_tokens: z.number().nullish(),
    })
    .nullish(),
})
export type ClaudeResult = z.infer<typeof result>

const system = z.object({
  type: z.literal('system'),
  subtype: z.string(),
  session_id: z.string().nullish(),
  attempt: z.number().nullish(),
  max_retries: z.number().nullish(),
  retry_delay_ms: z.number().nullish(),
  error_status: z.number().nullish(),
  error: z.string().nullish(),
  tool_name: z.string().nullish(),
  message: z.string().nullish(),
  /** Of `status`: `compacting`, or null when that is over. */
  status: z.string().nullish(),
  /** Of `hook_response`. */
  hook_name: z.string().nullish(),
  outcome: z.string().nullish(),
  stderr: z.string().nullish(),
})
export type ClaudeSystem = z.infer<typeof system>

const permission = z.object({
  subtype: z.literal('can_use_tool'),
  tool_name: z.string(),
  input: z.record(z.string(), z.unknown()),
  /** What would make it not ask again; goes back as it came. */
  permission_suggestions: z.array(z.unknown()).nullish(),
})

const assistant = z.object({
  type: z.literal('assistant'),
  message: z.object({ model: z.string().nullish(), content: z.array(block) }),
  parent_tool_use_id: z.string().nullish(),
})

const user = z.object({
  type: z.literal('user'),
  message: z.object({ content: z.union([z.string(), z.array(block)]) }),
})

const controlRequest = z.object({
  type: z.literal('control_request'),
  request_id: z.string(),
  request: z.union([
    permission,
    z
      .object({ subtype: z.string() })
      .transform(({ subtype }) => ({ subtype: 'unknown' as const, named: subtype })),
  ]),
})
export type ClaudeControlRequest = z.infer<typeof controlRequest>

/** What became of a message that was sent while it works. */
const lifecycle = z.object({
  type: z.literal('command_lifecycle'),
  command_uuid: z.string(),
  state: z.string(),
})

const known = z.discriminatedUnion('type', [assistant, user, system, controlRequest, lifecycle, result])

/** A line of Claude Code's standard output that means something to us. */
export type ClaudeMessage = z.infer<typeof known> | { readonly type: 'ignored' }

const KNOWN = new Set(known.options.map((option) => option.shape.type.value as string))

/** Reads one line; null when it is no message at all. Types that are not used here are `ignored`, as new ones appear often. */
export function readMessage(line: string): ClaudeMessage | null {
  return readTyped(line, { known: KNOWN, read: (value) => known.safeParse(value).data ?? null })
}
