import { z } from 'zod'

const hook = z.object({
  /** Names of tools, as `Bash` or `Edit|Write`; left out, all. */
  matcher: z.string().optional(),
  hooks: z.array(z.looseObject({ type: z.string() })).min(1),
})

/** The plugin's section in the configuration. */
export const claudeConfig = z
  .object({
    /** The program; CLAUDE_BIN goes before it, `claude` on PATH comes after it. */
    bin: z.string().min(1).nullable().default(null),
    /** US dollars one turn may cost by Claude Code's own count; over it the turn ends. */
    maxBudgetUsd: z.number().positive().nullable().default(null),
    /** Model calls in one turn; over it the turn ends. */
    maxTurns: z.int().min(1).nullable().default(null),
    /** Claude Code's hooks, by event, as its settings file has them. Those of projects and of the person do not run. */
    hooks: z.record(z.string(), z.array(hook)).nullable().default(null),
  })
  .strict()
export type ClaudeConfig = z.infer<typeof claudeConfig>
