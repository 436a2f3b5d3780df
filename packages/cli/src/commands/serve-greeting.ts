import type { PluginInfo } from '@agentproxy/kernel'
import { stripEscapes } from '../display/strip-escapes.ts'
import { readVersion } from '../version.ts'

export interface Greeting {
  readonly url: string
  readonly tokenFile: string
  readonly plugins: readonly PluginInfo[]
  /** The folder of plugins; null = none. */
  readonly folder: string | null
  readonly watch: boolean
}

/** What `agentproxy serve` says once it listens. */
export function greet(greeting: Greeting): string {
  const { url, tokenFile } = greeting
  return `agentproxy ${readVersion()} listens on ${url}
  token     ${tokenFile} (agentproxy token prints it)
${pluginLines(greeting)}
Point your programs here:
  Claude Code, Anthropic SDKs   export ANTHROPIC_BASE_URL=${url}
                                export ANTHROPIC_AUTH_TOKEN="$(agentproxy token)"
  OpenAI SDKs and most others   export OPENAI_BASE_URL=${url}/v1
                                export OPENAI_API_KEY="$(agentproxy token)"
  Gemini CLI and SDKs           export GOOGLE_GEMINI_BASE_URL=${url}
                                export GEMINI_API_KEY="$(agentproxy token)"
Models: agentproxy models. Stop with Ctrl-C.
`
}

/** The same for programs. */
export function listening({ url, tokenFile, plugins }: Pick<Greeting, 'url' | 'tokenFile' | 'plugins'>) {
  const active = plugins.filter(({ status }) => status === 'active')
  const loaded = active.map(({ name, version, origin }) => ({ name, version, origin }))
  return { event: 'listening', url, tokenFile, plugins: loaded }
}

/** What was loaded from where, the bundled plugins in one line. */
function pluginLines({ plugins, folder, watch }: Greeting): string {
  const active = plugins.filter(({ status }) => status === 'active')
  const bundled = active.filter(({ origin }) => origin === 'bundled').map(({ name }) => name)
  const others = active.filter(({ origin }) => origin !== 'bundled')
  const failed = plugins.filter(({ status }) => status === 'failed').map(({ name }) => name)
  const lines = [
    ...others.map(({ name, version, origin }) => `${name} ${version} from ${origin}`),
    ...(bundled.length === 0 ? [] : [`${bundled.join(', ')} (bundled)`]),
    ...(failed.length === 0 ? [] : [`not loaded: ${failed.join(', ')}; see agentproxy plugins doctor`]),
    ...(watch && folder !== null ? [`put more into ${folder}: it is watched`] : []),
  ]
  return lines
    .map((line, index) => `  ${index === 0 ? 'plugins ' : '        '}  ${stripEscapes(line)}\n`)
    .join('')
}
