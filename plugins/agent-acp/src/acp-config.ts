import { z } from 'zod'
import { launchFields } from './launch.ts'
import { presets } from './presets.ts'

const custom = z
  .object({
    displayName: z.string().min(1),
    /** A path, or a name on PATH. */
    command: z.string().min(1),
    ...launchFields,
    /** It tells what it used with its answer. */
    reportsUsage: z.boolean().default(false),
  })
  .strict()

/** The plugin's section in the configuration. */
export const acpConfig = z
  .object({
    /** Programs of the agents known by name; GEMINI_BIN, COPILOT_BIN and QWEN_BIN go before them. */
    bins: z.partialRecord(z.enum(presets.map(({ name }) => name)), z.string().min(1)).default({}),
    /** Further agents, by their name for `--agent`. */
    agents: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), custom).default({}),
  })
  .strict()
