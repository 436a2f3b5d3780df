import { z } from 'zod'

/** How much is remembered, and of which events. */
export const config = z.strictObject({
  /** The oldest is forgotten when there are more. */
  maxEvents: z.int().min(1).max(100_000).default(1000),
  /** Larger payloads are remembered by their size alone. */
  maxEventBytes: z.int().min(256).default(16_384),
  /** Events of plugins to hear, besides the host's own. */
  names: z.array(z.string().min(1)).default([]),
})
