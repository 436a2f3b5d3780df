import { z } from 'zod'

const MIB = 1024 * 1024

/** How much is kept, and how long where a value does not say so itself. */
export const config = z.strictObject({
  /** Milliseconds; null = until the room is needed. */
  ttlMs: z.int().positive().nullable().default(null),
  maxEntries: z.int().min(1).default(10_000),
  /** All values together, as JSON text. */
  maxBytes: z
    .int()
    .min(1024)
    .default(16 * MIB),
  /** Values survive reload and restart. */
  persist: z.boolean().default(false),
})

/** What `cache.configure` may change while it runs. */
export const changes = config.omit({ persist: true }).partial()

export type Limits = Omit<z.output<typeof config>, 'persist'>
