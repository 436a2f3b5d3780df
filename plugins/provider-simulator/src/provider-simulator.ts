import { fileURLToPath } from 'node:url'
import { definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'
import { loadScenarios } from './scenario/load-scenarios.ts'
import { startServer } from './server/start-server.ts'

const SHIPPED_SCENARIOS = fileURLToPath(new URL('../scenarios/', import.meta.url))

/**
 * A scripted upstream: its models are scenario files, its answers and faults come over a real socket. Nothing it says is
 * a model's; its provider is marked `simulated`.
 */
export const providerSimulator = definePlugin({
  name: 'provider-simulator',
  version: '0.1.0',
  description: 'A scripted, simulated upstream: no key, no model, no cost',
  kind: 'provider',
  config: z.strictObject({
    /** Further folders of scenario files. */
    scenarios: z.array(z.string()).default([]),
  }),
  async setup(ctx) {
    const catalog = loadScenarios([SHIPPED_SCENARIOS, ...ctx.config.scenarios])
    const server = await startServer(catalog)
    ctx.onDispose(() => server.close())
    ctx.provider({
      name: 'simulator',
      displayName: 'Simulator (scripted answers, no model)',
      endpoints: {
        anthropic: { url: `${server.url}/v1/messages` },
        'openai-chat': { url: `${server.url}/v1/chat/completions` },
        'openai-responses': { url: `${server.url}/v1/responses` },
        gemini: {
          url: `${server.url}/v1beta/models/{model}:generateContent`,
          streamUrl: `${server.url}/v1beta/models/{model}:streamGenerateContent?alt=sse`,
        },
      },
      credential: null,
      headers: {},
      models: () =>
        [...catalog].map(([id, scenario]) => ({ id, displayName: `${scenario.name} (simulated)` })),
      passesUnknownModels: false,
      simulated: true,
    })
  },
})
