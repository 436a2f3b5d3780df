import { definePlugin } from '@agentproxy/plugin'
import { createCodexAgent } from './codex-agent.ts'
import { codexConfig } from './codex-config.ts'

/** Codex, driven as its editors do: through `codex app-server`. */
export const agentCodex = definePlugin({
  name: 'agent-codex',
  version: '0.1.0',
  description: 'OpenAI Codex as a supervised agent',
  kind: 'agent',
  config: codexConfig,
  setup(ctx) {
    ctx.agent(createCodexAgent(ctx.config))
  },
})
