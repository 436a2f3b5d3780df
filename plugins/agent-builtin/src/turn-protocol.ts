import type { AgentEvent, AgentPermissionRequest, AgentTurnResult } from '@agentproxy/plugin'
import { z } from 'zod'

const limits = z.object({
  maxSteps: z.int().min(1),
  commandTimeoutMs: z.int().min(1),
  maxRetries: z.int().min(0),
})

/** Bounds of one turn. */
export type TurnLimits = z.infer<typeof limits>

const turn = z.object({
  type: z.literal('turn'),
  prompt: z.string(),
  workingDir: z.string(),
  stateDir: z.string(),
  conversationId: z.string(),
  /** Whether the conversation was begun by an earlier turn. */
  resume: z.boolean(),
  model: z.string(),
  /** Base of the chat completions route, ending in `/v1`. */
  baseUrl: z.string(),
  token: z.string(),
  /** Tools that need no permission. */
  allowedTools: z.array(z.string()),
  limits,
})

/** The one turn a process runs; the first line of its standard input. */
export type TurnRequest = z.infer<typeof turn>

/** A line from the plugin to the agent process. */
export const toProcess = z.discriminatedUnion('type', [
  turn,
  z.object({
    type: z.literal('permission'),
    id: z.string(),
    decision: z.enum(['allow', 'deny']),
    reason: z.string(),
  }),
  z.object({ type: z.literal('cancel') }),
  /** What a person says while the turn runs. */
  z.object({ type: z.literal('steer'), id: z.string(), text: z.string() }),
])
export type ToProcess = z.infer<typeof toProcess>

const toolKind = z.enum(['read', 'edit', 'delete', 'search', 'execute', 'fetch', 'think', 'other'])
const paths = z.array(z.string()).readonly()
const toolFields = { kind: toolKind, title: z.string(), input: z.unknown(), paths }

const agentEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('thought'), text: z.string() }),
  z.object({ type: z.literal('tool_call'), id: z.string(), name: z.string(), ...toolFields }),
  z.object({ type: z.literal('tool_result'), id: z.string(), ok: z.boolean(), output: z.string() }),
  z.object({
    type: z.literal('plan'),
    entries: z
      .array(z.object({ text: z.string(), status: z.enum(['pending', 'in_progress', 'completed']) }))
      .readonly(),
  }),
  z.object({
    type: z.literal('usage'),
    inputTokens: z.number(),
    outputTokens: z.number(),
    costUsd: z.number().nullable(),
  }),
  z.object({
    type: z.literal('state'),
    state: z.enum(['busy', 'waiting', 'retrying', 'compacting', 'idle']),
  }),
  z.object({ type: z.literal('conversation'), id: z.string() }),
  z.object({ type: z.literal('notice'), level: z.enum(['info', 'warn']), text: z.string() }),
]) satisfies z.ZodType<AgentEvent>

const turnError = z.object({
  code: z.enum(['not_found', 'exited', 'idle', 'time', 'model', 'protocol']),
  message: z.string(),
  retryable: z.boolean(),
})

const turnResult = z.object({
  stopReason: z.enum(['end_turn', 'max_tokens', 'max_turn_requests', 'refusal', 'cancelled', 'error']),
  message: z.string(),
  error: turnError.nullable(),
  conversationId: z.string().nullable(),
}) satisfies z.ZodType<AgentTurnResult>

const permissionRequest = z.object({
  tool: z.string(),
  ...toolFields,
}) satisfies z.ZodType<AgentPermissionRequest>

/** A line from the agent process to the plugin. */
export const fromProcess = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), event: agentEvent }),
  z.object({ type: z.literal('permission'), id: z.string(), request: permissionRequest }),
  /** The model is told with its next call. */
  z.object({ type: z.literal('steered'), id: z.string() }),
  z.object({ type: z.literal('result'), result: turnResult }),
])
export type FromProcess = z.infer<typeof fromProcess>

/** Reads one line by its schema; null when it is no line of this protocol. */
export function readLine<T>(schema: z.ZodType<T>, line: string): T | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : null
}
