import { definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'
import { createBuiltinAgent } from './builtin-agent.ts'

const config = z
  .object({
    /** Model calls in one turn; over it the turn ends with `max_turn_requests`. */
    maxSteps: z.int().min(1).max(1000).default(50),
    /** Milliseconds a command may run when the model asks for no other limit. */
    commandTimeoutMs: z.int().min(1).max(600_000).default(120_000),
    /** Tries again after a refused or failed model call, before its first byte. */
    maxRetries: z.int().min(0).max(10).default(3),
  })
  .strict()

/** A small coding agent with six tools, run in a process of its own. */
export const agentBuiltin = definePlugin({
  name: 'agent-builtin',
  version: '0.1.0',
  description: 'A small coding agent: read, write, edit, list, search and run',
  kind: 'agent',
  config,
  setup(ctx) {
    ctx.agent(createBuiltinAgent(ctx.config))
  },
})
