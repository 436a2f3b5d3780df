import { z } from 'zod'

const patterns = z.array(z.string().min(1)).min(1)

/** What a rule is about. Of each list one pattern is enough; with several lists each has to hold. */
const rule = z
  .strictObject({
    /** Names of tools, such as `Bash` or `mcp__*`. */
    tools: patterns.exactOptional(),
    /** Files a call would write, such as `.env` or `db/migrations/**`. */
    paths: patterns.exactOptional(),
    /** Commands with their arguments, such as `git push *`. */
    commands: patterns.exactOptional(),
  })
  .refine((one) => Object.keys(one).length > 0, 'a rule needs tools, paths or commands')

/** Which tool calls may be made. `deny` goes before `ask`, `ask` before `allow`. */
export const config = z.strictObject({
  deny: z.array(rule).default([]),
  ask: z.array(rule).default([]),
  allow: z.array(rule).default([]),
  /** For a call that no rule is about. */
  otherwise: z.enum(['allow', 'ask', 'deny']).default('allow'),
  /** What a denied call costs: `call`, words of refusal in its place; `answer`, an error in place of the whole answer. */
  refuse: z.enum(['call', 'answer']).default('call'),
})

export type Rule = z.infer<typeof rule>
export type PermissionsConfig = z.infer<typeof config>
