import type { ModelInfo, ProviderDefinition } from '@agentproxy/plugin'
import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { messageOf } from '../contract/message-of.ts'
import type { Bench, Subject } from '../contract/subject.ts'
import { within } from '../contract/within.ts'

const NAME = /^[a-z0-9][a-z0-9._-]*$/i
/** RFC 9110, 5.6.2, without capitals. */
const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
const FORMATS: ReadonlySet<string> = new Set(['anthropic', 'openai-chat', 'openai-responses', 'gemini'])
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])
const MOST_MODELS = 10_000
const OTHER_BASE = 'http://127.0.0.1:9/other'

function providersOf({ recorder }: Bench): readonly ProviderDefinition[] {
  return recorder.providers.length === 0 ? skip('it adds no provider') : recorder.providers
}

function urlsOf({ endpoints, embeddingsUrl }: ProviderDefinition): readonly string[] {
  const all = Object.values(endpoints).flatMap(({ url, streamUrl, countUrl }) => [url, streamUrl, countUrl])
  return [...all, embeddingsUrl].filter((url) => url !== undefined)
}

function urlProblem(text: string): string | null {
  const filled = text.replaceAll('{model}', 'model')
  if (!URL.canParse(filled)) return 'is no absolute URL'
  const url = new URL(filled)
  if (url.username !== '' || url.password !== '') return 'holds a user name or password'
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))) return null
  return 'must begin with https://; http:// is only for this machine'
}

function listProblem(models: readonly ModelInfo[]): string | null {
  if (!Array.isArray(models)) return 'are no list'
  if (models.length > MOST_MODELS) return `are ${models.length}; more than ${MOST_MODELS} serve nobody`
  const ids = models.map(({ id }) => id)
  const bad = ids.find((id) => typeof id !== 'string' || id === '' || /\s/.test(id))
  if (bad !== undefined) return `have the id ${JSON.stringify(bad)}`
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  return twice === undefined ? null : `name ${twice} twice`
}

export const providerRules: readonly Rule<Subject>[] = [
  {
    id: 'provider.endpoints',
    title: 'its providers have a name without a slash, and endpoints that are safe URLs for known formats',
    async run(subject) {
      await using bench = await subject.open()
      for (const provider of providersOf(bench)) {
        const { name, endpoints } = provider
        if (!NAME.test(name)) fail(`the provider name ${JSON.stringify(name)} cannot stand before a slash`)
        const formats = Object.keys(endpoints)
        if (formats.length === 0) fail(`provider ${name} speaks no format`)
        const unknown = formats.find((format) => !FORMATS.has(format))
        if (unknown !== undefined) fail(`provider ${name} has an endpoint for the unknown format ${unknown}`)
        for (const url of urlsOf(provider)) {
          const problem = urlProblem(url)
          if (problem !== null) fail(`the endpoint ${url} of provider ${name} ${problem}`)
        }
      }
    },
  },
  {
    id: 'provider.credential',
    title: 'its credentials are an environment variable and a lower-case header, and in no other header',
    async run(subject) {
      await using bench = await subject.open()
      for (const { name, credential, headers } of providersOf(bench)) {
        for (const header of Object.keys(headers)) {
          if (!HEADER.test(header)) fail(`the header ${header} of provider ${name} is not lower-case`)
          if (header === credential?.header)
            fail(`provider ${name} sends its credential's header ${header} twice`)
        }
        if (credential === null) continue
        if (!VARIABLE.test(credential.env))
          fail(`${JSON.stringify(credential.env)} of provider ${name} is no name of an environment variable`)
        if (!HEADER.test(credential.header))
          fail(
            `the credential's header ${JSON.stringify(credential.header)} of provider ${name} is not lower-case`,
          )
      }
    },
  },
  {
    id: 'provider.models',
    title: 'its providers list their models in time, each once, and stop when they are told to',
    async run(subject) {
      await using bench = await subject.open()
      const { limitMs } = subject
      for (const provider of providersOf(bench)) {
        const what = `the models of provider ${provider.name}`
        const list = async (signal: AbortSignal): Promise<readonly ModelInfo[]> => provider.models(signal)
        const late = `${what} did not come within ${limitMs} ms`
        const models = await within(list(new AbortController().signal), limitMs, late).catch(
          (thrown: unknown) => fail(`${what} cannot be listed: ${messageOf(thrown)}`, thrown),
        )
        const problem = listProblem(models)
        if (problem !== null) fail(`${what} ${problem}`)
        const stopped = list(AbortSignal.abort()).catch(() => [])
        await within(stopped, limitMs, `${what} did not end within ${limitMs} ms of the signal's abort`)
      }
    },
  },
  {
    id: 'provider.base-url',
    title: 'a configured baseUrl is where requests go',
    async run(subject) {
      const { config: schema } = await subject.definition()
      const config = { ...(subject.options.config as object | undefined), baseUrl: OTHER_BASE }
      const parsed = schema === undefined ? null : await schema['~standard'].validate(config)
      if (parsed === null || parsed.issues !== undefined || !hasBaseUrl(parsed.value))
        skip('its configuration has no baseUrl')
      await using plain = await subject.open()
      providersOf(plain)
      await using bench = await subject.start({ config })
      for (const provider of providersOf(bench))
        for (const url of urlsOf(provider))
          if (!url.startsWith(OTHER_BASE))
            fail(`with baseUrl ${OTHER_BASE} provider ${provider.name} still calls ${url}`)
    },
  },
]

function hasBaseUrl(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'baseUrl' in value
}
