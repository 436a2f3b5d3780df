import type { PluginContext, ProviderDefinition } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { providerSimulator } from './provider-simulator.ts'
import { tempFolder } from './testing/temp-folder.ts'

type Context = Parameters<typeof providerSimulator.setup>[0]

test('the plugin adds one provider that says it is simulated, and its server goes with it', async () => {
  const folder = tempFolder({
    'mine.yaml': 'name: Mine\ndescription: d\nsteps: [{ then: [{ text: hello }] }]',
  })
  const host = recordingContext({ scenarios: [folder] })
  await providerSimulator.setup(host.context)
  const [provider] = host.providers
  expect(host.providers).toHaveLength(1)
  expect(provider).toMatchObject({
    name: 'simulator',
    credential: null,
    simulated: true,
    passesUnknownModels: false,
  })
  const models = await provider?.models(new AbortController().signal)
  expect(models?.map((model) => model.id)).toContain('mine')
  for (const model of models ?? []) expect(model.displayName).toMatch(/\(simulated\)$/)

  const url = provider?.endpoints.anthropic?.url ?? ''
  const body = JSON.stringify({ model: 'mine', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] })
  expect(await (await fetch(url, { method: 'POST', body })).text()).toContain('hello')
  for (const dispose of host.disposers) await dispose()
  await expect(fetch(url, { method: 'POST', body })).rejects.toThrow()
})

test('its configuration is checked', async () => {
  const check = providerSimulator.config?.['~standard'].validate
  if (check === undefined) throw new Error('the plugin has no configuration')
  expect(await check({})).toEqual({ value: { scenarios: [] } })
  expect(await check({ scenarios: 'folder' })).toHaveProperty('issues')
  expect(await check({ scenario: [] })).toHaveProperty('issues')
})

test('a broken scenario keeps it from starting', async () => {
  const host = recordingContext({ scenarios: [tempFolder({ 'bad.yaml': 'name: x' })] })
  await expect(providerSimulator.setup(host.context)).rejects.toThrow(/bad\.yaml/)
  expect(host.providers).toEqual([])
})

interface RecordingHost {
  readonly context: Context
  readonly providers: ProviderDefinition[]
  readonly disposers: (() => unknown)[]
}

/** The two verbs this plugin uses. */
function recordingContext(config: Context['config']): RecordingHost {
  const providers: ProviderDefinition[] = []
  const disposers: (() => unknown)[] = []
  const undo: Disposable = { [Symbol.dispose]: () => undefined }
  const verbs: Pick<PluginContext, 'provider' | 'onDispose'> = {
    provider: (provider) => {
      providers.push(provider)
      return undo
    },
    onDispose: (dispose) => {
      disposers.push(dispose)
      return undo
    },
  }
  return { context: { ...verbs, config } as Context, providers, disposers }
}
