import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'

const MIB = 1024 * 1024

/** Where exchanges are written. Without `folder` there is no log, and no middleware. */
export const config = z.strictObject({
  /** An absolute path, or one that begins with `~/`; made with mode 0700. */
  folder: z
    .string()
    .transform((path) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path))
    .refine(isAbsolute, 'must be an absolute path, or begin with ~/')
    .nullable()
    .default(null),
  /** Of each body only so much is kept. */
  maxBodyBytes: z
    .int()
    .min(0)
    .max(32 * MIB)
    .default(MIB / 4),
  /** The oldest files go when all together are larger. */
  maxFolderBytes: z
    .int()
    .min(1024)
    .default(100 * MIB),
})
