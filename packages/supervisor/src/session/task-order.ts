import { z } from 'zod'

const LONGEST_TEXT = 100_000

const text = z.string().trim().min(1).max(LONGEST_TEXT)

/**
 * What people and programs may ask of a task while it runs. It is logged before it has an effect. A `message` reaches the
 * agent in mid-turn (`steer`, where the agent can take it), with its next turn (`queue`), or with a next turn that
 * begins at once because the present one is ended (`interrupt`).
 */
export const taskOrderSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('message'), text, mode: z.enum(['steer', 'queue', 'interrupt']) }),
  z.strictObject({ do: z.literal('pause') }),
  z.strictObject({ do: z.literal('resume') }),
  z.strictObject({ do: z.literal('stop'), mode: z.enum(['graceful', 'kill']) }),
  z.strictObject({
    do: z.literal('permit'),
    permission: z.string(),
    option: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always']),
  }),
  z.strictObject({ do: z.literal('answer'), question: z.string(), text }),
])

export type TaskOrder = Readonly<z.infer<typeof taskOrderSchema>>
