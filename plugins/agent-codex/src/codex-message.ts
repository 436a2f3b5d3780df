import { z } from 'zod'

// The parts of `codex app-server generate-ts` (0.169) that are used here.

const change = z.object({ path: z.string(), kind: z.object({ type: z.string() }) })

const item = z.union([
  z.object({ type: z.literal('agentMessage'), id: z.string(), text: z.string() }),
  z.object({
    type: z.literal('reasoning'),
    id: z.string(),
    summary: z.array(z.string()),
    content: z.array(z.string()),
  }),
  z.object({
    type: z.literal('commandExecution'),
    id: z.string(),
    command: z.string(),
    status: z.string(),
    aggregatedOutput: z.string().nullable(),
    exitCode: z.number().nullable(),
  }),
  z.object({
    type: z.literal('fileChange'),
    id: z.string(),
    changes: z.array(change),
    status: z.string(),
  }),
  z.object({
    type: z.literal('mcpToolCall'),
    id: z.string(),
    server: z.string(),
    tool: z.string(),
    status: z.string(),
    arguments: z.unknown().optional(),
    error: z.object({ message: z.string() }).nullish(),
  }),
  z.object({ type: z.literal('contextCompaction'), id: z.string() }),
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
])
export type CodexItem = z.infer<typeof item>
export type CodexChange = z.infer<typeof change>

const turnError = z.object({
  message: z.string(),
  /** A word, or an object whose only field names the kind and may hold the HTTP status. */
  codexErrorInfo: z.unknown().optional(),
})
export type CodexTurnError = z.infer<typeof turnError>

const tokens = z.object({ inputTokens: z.number(), outputTokens: z.number() })

const ofTurn = { threadId: z.string(), turnId: z.string() }

/** Notifications by their method; others are passed over. */
const notifications = {
  'item/started': z.object({ ...ofTurn, item }),
  'item/completed': z.object({ ...ofTurn, item }),
  'item/fileChange/patchUpdated': z.object({ ...ofTurn, itemId: z.string(), changes: z.array(change) }),
  'thread/tokenUsage/updated': z.object({ ...ofTurn, tokenUsage: z.object({ last: tokens }) }),
  'thread/status/changed': z.object({
    threadId: z.string(),
    status: z.object({ type: z.string(), activeFlags: z.array(z.string()).optional() }),
  }),
  'turn/plan/updated': z.object({
    ...ofTurn,
    plan: z.array(z.object({ step: z.string(), status: z.enum(['pending', 'inProgress', 'completed']) })),
  }),
  error: z.object({ ...ofTurn, error: turnError, willRetry: z.boolean() }),
  warning: z.object({ threadId: z.string().nullish(), message: z.string() }),
  'turn/completed': z.object({
    threadId: z.string(),
    turn: z.object({ id: z.string(), status: z.string(), error: turnError.nullable() }),
  }),
} as const

type Notifications = typeof notifications
export type CodexNotification = {
  [Method in keyof Notifications]: {
    readonly method: Method
    readonly params: z.infer<Notifications[Method]>
  }
}[keyof Notifications]

/** Reads a notification; null when it is of no use here, `broken` when it is not what its method promises. */
export function readNotification(method: string, params: unknown): CodexNotification | 'broken' | null {
  if (!Object.hasOwn(notifications, method)) return null
  const known = method as keyof Notifications
  const read = notifications[known].safeParse(params)
  return read.success ? ({ method: known, params: read.data } as CodexNotification) : 'broken'
}

export const threadAnswer = z.object({ thread: z.object({ id: z.string() }) })
export const turnAnswer = z.object({ turn: z.object({ id: z.string() }) })

export const commandApproval = z.object({
  itemId: z.string(),
  command: z.string().nullish(),
  cwd: z.string().nullish(),
  reason: z.string().nullish(),
  proposedExecpolicyAmendment: z.unknown().optional(),
  availableDecisions: z.array(z.unknown()).nullish(),
})
export type CommandApproval = z.infer<typeof commandApproval>

export const fileApproval = z.object({ itemId: z.string(), reason: z.string().nullish() })
