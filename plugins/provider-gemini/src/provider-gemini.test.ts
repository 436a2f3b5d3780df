import type { PluginContext, ProviderDefinition } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { config, providerGemini } from './provider-gemini.ts'

/** Runs `setup` on a validated configuration and gives the provider it contributes. */
function load(input: unknown): ProviderDefinition | undefined {
  const parsed = config.parse(input)
  const providers: ProviderDefinition[] = []
  const provider = (definition: ProviderDefinition): Disposable => {
    providers.push(definition)
    return { [Symbol.dispose]() {} }
  }
  void providerGemini.setup({ config: parsed, provider } as unknown as PluginContext<typeof parsed, never>)
  return providers[0]
}

test('without configuration it is Google itself, with its key from GEMINI_API_KEY', () => {
  const base = 'https://generativelanguage.googleapis.com/v1beta/models/{model}'
  expect(load({})).toMatchObject({
    name: 'gemini',
    endpoints: {
      gemini: {
        url: `${base}:generateContent`,
        streamUrl: `${base}:streamGenerateContent?alt=sse`,
        countUrl: `${base}:countTokens`,
      },
    },
    credential: { env: 'GEMINI_API_KEY', header: 'x-goog-api-key', prefix: '' },
    passesUnknownModels: true,
    simulated: false,
  })
})

test('address, key variable and models can be set; an address that could give the key away is refused', async () => {
  const own = load({ baseUrl: 'http://localhost:8080/v1beta/', apiKeyEnv: 'MY_KEY', models: ['one'] })
  expect(own?.endpoints.gemini?.url).toBe('http://localhost:8080/v1beta/models/{model}:generateContent')
  expect(await own?.models(new AbortController().signal)).toEqual([{ id: 'one' }])
  expect(() => load({ baseUrl: 'http://generativelanguage.googleapis.com' })).toThrow('https://')
})

test('several accounts share the calls, each with its own key', () => {
  const accounts = [{ label: 'work', apiKeyEnv: 'WORK_KEY', weight: 2 }]
  const credential = { header: 'x-goog-api-key', prefix: '', env: 'WORK_KEY' }
  const provider = load({ accounts })
  expect(provider?.accounts).toEqual([{ label: 'work', weight: 2, priority: 0, credential }])
})
