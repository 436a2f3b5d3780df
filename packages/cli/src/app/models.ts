import type { PluginHost } from '@agentproxy/kernel'
import { accountsOf } from '@agentproxy/gateway'
import type { ModelInfo, ProviderDefinition } from '@agentproxy/plugin'
import { nearest } from '../args/nearest.ts'
import type { Config } from '../config/config.ts'
import { CliError } from '../errors.ts'
import type { Env } from './paths.ts'

const LISTING_LIMIT_MS = 5000

export interface ModelQuestion {
  readonly host: PluginHost
  readonly aliases: Config['models']
  readonly env: Env
  readonly prices: Config['prices']
}

export interface KnownModel {
  /** The provider is scripted, not a real model. */
  readonly simulated: boolean
  /** What the gateway will call; null = only a plugin knows. */
  readonly upstream: { readonly provider: ProviderDefinition; readonly model: string } | null
}

/**
 * Whether the gateway will find this model, before anything starts. Throws `MODEL_UNKNOWN` with near names, or
 * `CREDENTIAL_MISSING` when its provider's key is not set. Plugins that route or answer calls themselves are believed.
 */
export async function checkModel(question: ModelQuestion, name: string): Promise<KnownModel> {
  const targets = Object.hasOwn(question.aliases, name) ? (question.aliases[name] ?? []) : [name]
  let firstProblem: unknown = null
  for (const target of targets) {
    try {
      return await checkTarget(question, target)
    } catch (error) {
      firstProblem ??= error
    }
  }
  throw firstProblem
}

async function checkTarget(question: ModelQuestion, name: string): Promise<KnownModel> {
  const { live } = question.host
  const provider = await findProvider(question, name)
  if (provider === null) {
    if (live.hooks['model.route'] !== null) return { simulated: false, upstream: null }
    throw await unknownModel(question, name)
  }
  const missing = missingKeys(provider, question.env)
  if (missing.length > 0 && live.hooks['upstream.call'] === null) {
    const wanted = missing.join(' or ')
    throw new CliError('CREDENTIAL_MISSING', `${name}: ${provider.displayName} needs a key in ${wanted}`, {
      hint: `Set ${wanted}, or try without a key: --agent builtin --model simulator/fix`,
    })
  }
  const model = name.startsWith(`${provider.name}/`) ? name.slice(provider.name.length + 1) : name
  return { simulated: provider.simulated, upstream: { provider, model } }
}

/** `provider/model`, else the one provider that lists the bare name; the gateway's own rule. */
async function findProvider({ host }: ModelQuestion, name: string): Promise<ProviderDefinition | null> {
  const slash = name.indexOf('/')
  const named = slash < 1 ? undefined : host.live.providers.get(name.slice(0, slash))?.value
  if (named !== undefined) {
    const model = name.slice(slash + 1)
    if (model === '') return null
    return named.passesUnknownModels || (await lists(named, model)) ? named : null
  }
  for (const { value } of host.live.providers.values()) if (await lists(value, name)) return value
  return null
}

async function lists(provider: ProviderDefinition, model: string): Promise<boolean> {
  return (await listModels(provider)).some(({ id }) => id === model)
}

/** Variables of which one must be set before any account of the provider can be used; empty if one can. */
export function missingKeys(provider: ProviderDefinition, env: Env): readonly string[] {
  const variables = accountsOf(provider).map(({ credential }) => credential?.env ?? null)
  const isUsable = variables.some((variable) => variable === null || (env[variable]?.trim() ?? '') !== '')
  return isUsable ? [] : [...new Set(variables.flatMap((variable) => variable ?? []))]
}

/** What a provider lists; nothing if it fails or takes over five seconds. */
export async function listModels(provider: ProviderDefinition): Promise<readonly ModelInfo[]> {
  try {
    const signal = AbortSignal.timeout(LISTING_LIMIT_MS)
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('too slow')), { once: true })
    })
    return await Promise.race([provider.models(signal), late])
  } catch {
    return []
  }
}

async function unknownModel({ host, aliases }: ModelQuestion, name: string): Promise<CliError> {
  const providers = [...host.live.providers.values()].map(({ value }) => value)
  const named = await Promise.all(
    providers.map(async (provider) => (await listModels(provider)).map(({ id }) => `${provider.name}/${id}`)),
  )
  const all = [...Object.keys(aliases), ...named.flat()]
  const near = [...nearest(name, all), ...all.filter((other) => other.startsWith(`${name.split('/')[0]}/`))]
  const shown = [...new Set(near)].slice(0, 8)
  const hint = shown.length === 0 ? '' : `Near: ${shown.join(', ')}. `
  return new CliError('MODEL_UNKNOWN', `unknown model "${name}"`, { hint: `${hint}All: agentproxy models` })
}
