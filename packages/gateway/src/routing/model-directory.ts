import type { Logger, ModelInfo, ProviderDefinition } from '@agentproxy/plugin'

const FRESH_MS = 60_000
const FRESH_AFTER_FAILURE_MS = 5_000
const LISTING_TIMEOUT_MS = 5_000

interface Listing {
  models: Promise<readonly ModelInfo[]>
  expiresAt: number
}

/**
 * What models each provider lists, asked at most once a minute. A listing that fails or takes over five seconds counts as
 * empty for five seconds and is logged. Kept by definition, so a reloaded provider is asked anew.
 */
export class ModelDirectory {
  readonly #log: Logger
  readonly #listings = new WeakMap<ProviderDefinition, Listing>()

  constructor(log: Logger) {
    this.#log = log
  }

  list(provider: ProviderDefinition): Promise<readonly ModelInfo[]> {
    const known = this.#listings.get(provider)
    if (known !== undefined && known.expiresAt > Date.now()) return known.models
    const listing: Listing = { models: Promise.resolve([]), expiresAt: Date.now() + FRESH_MS }
    listing.models = this.#ask(provider, listing)
    this.#listings.set(provider, listing)
    return listing.models
  }

  async #ask(provider: ProviderDefinition, listing: Listing): Promise<readonly ModelInfo[]> {
    const controller = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${LISTING_TIMEOUT_MS} ms`)),
        LISTING_TIMEOUT_MS,
      )
    })
    try {
      return await Promise.race([provider.models(controller.signal), late])
    } catch (error) {
      this.#log.warn('Listing a provider’s models failed', {
        provider: provider.name,
        error: error instanceof Error ? error.message : String(error),
      })
      listing.expiresAt = Date.now() + FRESH_AFTER_FAILURE_MS
      return []
    } finally {
      clearTimeout(timer)
      controller.abort()
    }
  }
}
