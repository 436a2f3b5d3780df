import { z } from 'zod'

const pattern = z.string().transform((source, context) => {
  try {
    return new RegExp(source, 'im')
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    return z.NEVER
  }
})

const whole = z.int().nonnegative()
const count = z.union([whole, z.strictObject({ atLeast: whole.optional(), atMost: whole.optional() })], {
  error: 'must be a whole number, or atLeast and/or atMost with one',
})

// A step is taken when all its conditions hold; one without conditions always is. Patterns ignore case, ^ and $ match at lines.
const conditions = z.strictObject({
  /** Tool results since the last user text. */
  toolResults: count.optional(),
  /** Name of the tool that gave the last result since the last user text. */
  lastTool: pattern.optional(),
  lastToolResult: pattern.optional(),
  lastToolFailed: z.boolean().optional(),
  /** Name of any tool called anywhere in the conversation. */
  called: pattern.optional(),
  /** The last user text. */
  text: pattern.optional(),
  /** User texts so far: 1 in the first turn. */
  turn: count.optional(),
  /** Requests so far for this conversation, this one included. */
  request: count.optional(),
})

const tool = z.strictObject({
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
})

const tokens = z.int().nonnegative()
const usage = z.strictObject({
  inputTokens: tokens.optional(),
  outputTokens: tokens.optional(),
  cacheReadTokens: tokens.optional(),
  cacheWriteTokens: tokens.optional(),
  reasoningTokens: tokens.optional(),
})

const status = z.strictObject({
  status: z.int().min(400).max(599),
  message: z.string().default('[simulated] The upstream refused this request.'),
  /** Sent as the header `retry-after`. */
  retryAfterSeconds: z.int().nonnegative().optional(),
})

// reset: the connection is reset before any header. cut: it is closed in the middle of the answer. stall: nothing more
// comes until the client leaves. garbage: bytes that are no answer, then the answer goes on.
const fault = z.union([status, z.enum(['reset', 'cut', 'stall', 'garbage'])], {
  error: 'must be reset, cut, stall, garbage, or an object with a status from 400 to 599',
})

const action = z
  .strictObject({
    text: z.string().min(1).optional(),
    thinking: z.string().min(1).optional(),
    json: z.record(z.string(), z.unknown()).optional(),
    /** Alternatives: the first one the request offers with these fields, and whose captures were found, is called. */
    tool: z.array(tool).min(1).optional(),
    usage: usage.optional(),
    delayMs: z.int().nonnegative().max(600_000).optional(),
    fault: fault.optional(),
  })
  .refine((value) => Object.keys(value).length === 1, {
    error: 'must have exactly one of text, thinking, json, tool, usage, delayMs, fault',
  })

const step = z.strictObject({
  when: conditions.default({}),
  // oxlint-disable-next-line unicorn/no-thenable -- `when ... then ...` is the language of scenario files
  then: z
    .array(action)
    .min(1)
    .refine((actions) => !actions.slice(1).some(isBeforeHeaders), {
      error: 'a status or a reset comes before any answer, so it must be the only action before the end',
    }),
})

/** One scripted conversation partner. Steps are tried in order; the first whose conditions hold answers. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  /** Patterns over the text of the conversation; the first group's first match is `${captures.<name>}` in texts and inputs. */
  captures: z.record(z.string().regex(/^\w+$/), pattern).default({}),
  /** The model name of another scenario whose captures and steps follow this one's. */
  continues: z.string().optional(),
  steps: z.array(step).min(1),
})

export type Scenario = z.infer<typeof scenarioSchema>
export type Step = Scenario['steps'][number]
export type Conditions = Step['when']
export type Count = NonNullable<Conditions['toolResults']>
export type Action = Step['then'][number]
export type Fault = NonNullable<Action['fault']>

function isBeforeHeaders(value: z.infer<typeof action>): boolean {
  return value.fault === 'reset' || typeof value.fault === 'object'
}
