import { definePlugin } from '@agentproxy/plugin'
import { createOpencodeAgent } from './opencode-agent.ts'
import { opencodeConfig } from './opencode-config.ts'

/** opencode, driven over the HTTP API of its server. */
export const agentOpencode = definePlugin({
  name: 'agent-opencode',
  version: '0.1.0',
  description: 'opencode as a supervised agent',
  kind: 'agent',
  config: opencodeConfig,
  setup(ctx) {
    ctx.agent(createOpencodeAgent(ctx.config))
  },
})
