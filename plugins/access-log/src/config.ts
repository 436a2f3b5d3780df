import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'

const MIB = 1024 * 1024

/** Where lines go, and in which form. Without `file` and `stderr` there are none. */
export const config = z.strictObject({
  /** An absolute path, or one that begins with `~/`; its folder must exist. */
  file: z
    .string()
    .transform((path) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path))
    .refine(isAbsolute, 'must be an absolute path, or begin with ~/')
    .nullable()
    .default(null),
  stderr: z.boolean().default(false),
  format: z.enum(['common', 'combined', 'structured']).default('combined'),
  /** The file is put aside as `.1`, `.2` and so on before it grows beyond this. */
  maxBytes: z
    .int()
    .min(1024)
    .default(10 * MIB),
  /** How many files that were put aside are kept. */
  keep: z.int().min(0).max(100).default(5),
})

export type AccessLogFormat = z.output<typeof config>['format']
