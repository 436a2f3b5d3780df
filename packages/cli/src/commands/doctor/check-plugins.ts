import type { PluginHost } from '@agentproxy/kernel'
import type { ProviderDefinition } from '@agentproxy/plugin'
import { missingKeys } from '../../app/models.ts'
import type { Env } from '../../app/paths.ts'
import { type Diagnosis, fine, odd } from './diagnosis.ts'

const REACH_MS = 5_000

/** Which agents are here, and in which version. None of them is needed, for one comes with agentproxy. */
export function checkAgents({ live }: PluginHost): Promise<readonly Diagnosis[]> {
  return Promise.all(
    [...live.agents.values()].map(async ({ value: agent }) => {
      const { available, version, problem } = await agent.detect()
      const subject = `agent ${agent.name}`
      return available ? fine(subject, version ?? 'ready') : odd(subject, problem ?? 'it was not found')
    }),
  )
}

/** Whether each provider has a key, and whether its upstream can be reached. */
export function checkProviders(
  { live }: PluginHost,
  { env, offline }: { readonly env: Env; readonly offline: boolean },
): Promise<readonly Diagnosis[]> {
  const providers = [...live.providers.values()].map(({ value }) => value)
  return Promise.all(
    providers.map(async (provider): Promise<Diagnosis> => {
      const subject = `provider ${provider.name}`
      if (provider.simulated) return fine(subject, 'simulated, needs neither key nor network')
      const missing = missingKeys(provider, env)
      if (missing.length > 0) return odd(subject, `no key in ${missing.join(' or ')}`)
      if (offline) return fine(subject, 'has what it needs; not tried')
      const problem = await reach(provider)
      return problem === null ? fine(subject, 'has what it needs, and answers') : odd(subject, problem)
    }),
  )
}

/** Any answer at all will do: no key is sent, so it is mostly a refusal. */
async function reach({ endpoints }: ProviderDefinition): Promise<string | null> {
  const url = Object.values(endpoints)[0]?.url
  if (url === undefined || !URL.canParse(url)) return null
  const { origin } = new URL(url)
  try {
    await fetch(origin, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(REACH_MS) })
    return null
  } catch (error) {
    const { cause, message } = error as Error
    return `${origin} cannot be reached: ${cause instanceof Error ? cause.message : message}`
  }
}
