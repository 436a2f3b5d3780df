import { z } from 'zod'

/** The plugin's section in the configuration. */
export const opencodeConfig = z
  .object({
    /** The program; OPENCODE_BIN goes before it, `opencode` on PATH comes after it. */
    bin: z.string().min(1).nullable().default(null),
    /** Milliseconds its server may take to listen. */
    startTimeoutMs: z.int().min(100).max(300_000).default(60_000),
    /** Failed model calls in a row that opencode may try again in one turn; by itself it never gives up. */
    maxRetries: z.int().min(0).max(100).default(5),
  })
  .strict()
export type OpencodeConfig = z.infer<typeof opencodeConfig>
