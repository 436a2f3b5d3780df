import { z } from 'zod'

/** The plugin's section in the configuration. */
export const codexConfig = z
  .object({
    /** The program; CODEX_BIN goes before it, `codex` on PATH comes after it. */
    bin: z.string().min(1).nullable().default(null),
    /**
     * What its commands and patches may write without asking. `read-only`: nothing, so that it asks before every change;
     * `workspace-write`: the working directory and temporary files. Codex makes the sandbox itself, on Linux with user
     * namespaces; where it cannot, its commands fail, and only `danger-full-access` is left.
     */
    sandbox: z.enum(['read-only', 'workspace-write', 'danger-full-access']).default('workspace-write'),
    /** Whether it may ask to leave the sandbox. `never`: what the sandbox forbids fails. */
    approvalPolicy: z.enum(['on-request', 'never']).default('on-request'),
  })
  .strict()
export type CodexConfig = z.infer<typeof codexConfig>
