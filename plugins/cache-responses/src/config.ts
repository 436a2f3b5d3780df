import { z } from 'zod'

const MIB = 1024 * 1024

/** How long and how much. */
export const config = z.strictObject({
  /** Milliseconds an answer is good for. */
  ttlMs: z.int().positive().default(3_600_000),
  /** All answers together; the one that was not used for longest goes first. */
  maxBytes: z
    .int()
    .min(1024)
    .default(64 * MIB),
  /** Larger answers are not kept. */
  maxAnswerBytes: z
    .int()
    .min(1)
    .default(4 * MIB),
  /** Also answer requests that offer tools to the model: what it asked to be done once would be done again. */
  withTools: z.boolean().default(false),
})
