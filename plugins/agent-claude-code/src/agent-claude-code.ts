import { definePlugin } from '@agentproxy/plugin'
import { createClaudeAgent } from './claude-agent.ts'
import { claudeConfig } from './claude-config.ts'

/** Claude Code, driven over its stream-json protocol in both directions. */
export const agentClaudeCode = definePlugin({
  name: 'agent-claude-code',
  version: '0.1.0',
  description: 'Claude Code as a supervised agent',
  kind: 'agent',
  config: claudeConfig,
  setup(ctx) {
    ctx.agent(createClaudeAgent(ctx.config))
  },
})
