import { definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'
import { createClaudeAgent } from './claude-agent.ts'

const config = z
  .object({
    /** The program; CLAUDE_BIN goes before it, `claude` on PATH comes after it. */
    bin: z.string().min(1).nullable().default(null),
  })
  .strict()

/** Claude Code, driven over its stream-json protocol in both directions. */
export const agentClaudeCode = definePlugin({
  name: 'agent-claude-code',
  version: '0.1.0',
  description: 'Claude Code as a supervised agent',
  kind: 'agent',
  config,
  setup(ctx) {
    ctx.agent(createClaudeAgent(ctx.config))
  },
})
