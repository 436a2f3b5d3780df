import type { PluginContext, ProviderDefinition } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { config } from './config.ts'
import { providerOpenai } from './provider-openai.ts'

/** Runs `setup` on a validated configuration and gives the providers it contributes. */
function load(input: unknown): ProviderDefinition[] {
  const parsed = config.parse(input)
  const providers: ProviderDefinition[] = []
  const provider = (definition: ProviderDefinition): Disposable => {
    providers.push(definition)
    return { [Symbol.dispose]() {} }
  }
  void providerOpenai.setup({ config: parsed, provider } as unknown as PluginContext<typeof parsed, never>)
  return providers
}

test('without configuration it is OpenAI itself, with its key from OPENAI_API_KEY', () => {
  expect(load({})).toMatchObject([
    {
      name: 'openai',
      endpoints: {
        'openai-chat': { url: 'https://api.openai.com/v1/chat/completions' },
        'openai-responses': { url: 'https://api.openai.com/v1/responses' },
      },
      embeddingsUrl: 'https://api.openai.com/v1/embeddings',
      credential: { env: 'OPENAI_API_KEY', header: 'authorization', prefix: 'Bearer ' },
      passesUnknownModels: true,
      simulated: false,
    },
  ])
})

test('each server is a provider of its own; one without a key variable takes no key', async () => {
  const servers = [
    { name: 'ollama', baseUrl: 'http://localhost:11434/v1/', models: ['qwen3'] },
    { name: 'groq', baseUrl: 'https://api.groq.com/openai/v1', apiKeyEnv: 'GROQ_API_KEY' },
  ]
  const [ollama, groq, ...others] = load({ servers })
  expect(others).toEqual([])
  expect(ollama?.endpoints['openai-chat']?.url).toBe('http://localhost:11434/v1/chat/completions')
  expect(ollama?.credential).toBeNull()
  expect(await ollama?.models(new AbortController().signal)).toEqual([{ id: 'qwen3' }])
  expect(groq?.credential?.env).toBe('GROQ_API_KEY')
})

test('names are unique and hold no slash, addresses must keep the key safe', () => {
  const good = { name: 'local', baseUrl: 'http://127.0.0.1:8000/v1' }
  expect(config.safeParse({ servers: [good] }).success).toBe(true)
  const bad = [
    [good, good],
    [{ ...good, name: 'a/b' }],
    [{ ...good, name: '' }],
    [{ ...good, baseUrl: 'http://192.168.1.2:8000/v1' }],
    [{ ...good, baseUrl: '/v1' }],
    [{ ...good, apiKeyEnv: 'sk-123' }],
    [{ ...good, formats: [] }],
    [{ ...good, formats: ['telepathy'] }],
    [{ ...good, model: ['x'] }],
    [],
  ]
  for (const servers of bad)
    expect(config.safeParse({ servers }).success, JSON.stringify(servers)).toBe(false)
})

test('several accounts share the calls, each with its own key', () => {
  const accounts = [{ label: 'work', apiKeyEnv: 'WORK_KEY', weight: 2 }]
  const credential = { header: 'authorization', prefix: 'Bearer ', env: 'WORK_KEY' }
  const provider = load({ servers: [{ name: 'one', baseUrl: 'https://one.example/v1', accounts }] })[0]
  expect(provider?.accounts).toEqual([{ label: 'work', weight: 2, priority: 0, credential }])
})
