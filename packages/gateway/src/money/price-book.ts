import { readFileSync } from 'node:fs'
import type { ModelUsage, ProviderDefinition } from '@agentproxy/plugin'
import { costOf } from './cost-of.ts'
import type { Price } from './cost-of.ts'

/** A price of one's own, in US dollars per million tokens. What is left out is not known. */
export interface PriceOverride {
  readonly input: number
  readonly output: number
  readonly cachedInput?: number | undefined
  readonly cacheWrite?: number | undefined
}

interface PriceFile {
  readonly vendors: Readonly<Record<string, { readonly models: Readonly<Record<string, Price>> }>>
}

/** As Anthropic and as OpenAI date a model's name. */
const DATED = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/

const FREE: Price = [{ upToInputTokens: null, input: 0, output: 0, cachedInput: 0, cacheWrite: 0 }]

/** What models cost: the table that is shipped, with one's own prices above it. */
export class PriceBook {
  readonly #prices = new Map<string, Price>()

  /** `overrides` by `provider/model`. */
  constructor(overrides: Readonly<Record<string, PriceOverride>> = {}) {
    for (const [vendor, { models }] of Object.entries(shippedPrices().vendors)) {
      for (const [model, price] of Object.entries(models)) this.#prices.set(`${vendor}/${model}`, price)
    }
    for (const [name, { input, output, cachedInput = null, cacheWrite = null }] of Object.entries(overrides))
      this.#prices.set(name, [{ upToInputTokens: null, input, output, cachedInput, cacheWrite }])
  }

  /** null = not known. A scripted upstream costs nothing. A dated name has the price of its family. */
  find({ name, simulated }: Pick<ProviderDefinition, 'name' | 'simulated'>, model: string): Price | null {
    if (simulated) return FREE
    const full = `${name}/${model}`
    return this.#prices.get(full) ?? this.#prices.get(full.replace(DATED, '')) ?? null
  }

  /** US dollars; null = not known. */
  cost(provider: ProviderDefinition, model: string, usage: ModelUsage | null): number | null {
    if (provider.simulated) return 0
    const price = this.find(provider, model)
    return price === null || usage === null ? null : costOf(price, usage)
  }
}

/** The table as it is shipped; `data/prices.json` of this package says where each price is from. */
export function shippedPrices(): PriceFile {
  return JSON.parse(readFileSync(new URL('../../data/prices.json', import.meta.url), 'utf8')) as PriceFile
}
