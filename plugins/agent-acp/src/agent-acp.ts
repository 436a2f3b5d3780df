import { definePlugin } from '@agentproxy/plugin'
import { acpConfig } from './acp-config.ts'
import { createAcpAgent } from './acp-agent.ts'
import { presets } from './presets.ts'

/** Agents that speak the Agent Client Protocol: some by name, any other by its command. */
export const agentAcp = definePlugin({
  name: 'agent-acp',
  version: '0.1.0',
  description: 'Agents of the Agent Client Protocol: Gemini CLI, Copilot, Qwen Code, or any command',
  kind: 'agent',
  config: acpConfig,
  setup(ctx) {
    for (const preset of presets) {
      const configured = ctx.config.bins[preset.name] ?? null
      ctx.agent(createAcpAgent(preset, { configured, setting: `"bins" of ${ctx.name}` }))
    }
    for (const [name, launch] of Object.entries(ctx.config.agents)) {
      const setting = `"agents.${name}.command" of ${ctx.name}`
      ctx.agent(createAcpAgent({ ...launch, name }, { configured: launch.command, setting }))
    }
  },
})
