import type { ExchangeRecord } from '@agentproxy/store'
import { Counter, Histogram } from './labelled.ts'
import type { MetricFamily } from './metric-text.ts'

/** A client may ask for any name; so many are told apart, all later ones are `other`. */
const MAX_MODELS = 100
const MAX_NAME = 200
/** Seconds: from a refusal to a model that thinks for minutes. */
const DURATIONS_S = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

/** Counts exchanges as they end. Labels are few: outcomes and formats are closed sets, providers are plugins', models bounded. */
export class ExchangeMetrics {
  readonly #exchanges = new Counter()
  readonly #durations = new Histogram(DURATIONS_S)
  readonly #tokens = new Counter()
  readonly #cost = new Counter()
  readonly #continued = new Counter()
  readonly #models = new Set<string>()

  add(record: ExchangeRecord): void {
    const provider = record.provider ?? ''
    const model = provider === '' ? '' : this.#bounded(record.model.slice(0, MAX_NAME))
    const { outcome, clientFormat: format } = record
    this.#exchanges.add({ outcome, provider, model, format })
    this.#durations.observe({ provider, format }, record.durationMs / 1000)
    const count = (type: string, tokens: number | null): void => {
      if (tokens !== null) this.#tokens.add({ provider, model, type }, tokens)
    }
    count('input', record.inputTokens)
    count('output', record.outputTokens)
    count('cache_read', record.cacheReadTokens)
    count('cache_write', record.cacheWriteTokens)
    count('reasoning', record.reasoningTokens)
    if (record.costUsd !== null) this.#cost.add({ provider, model }, record.costUsd)
  }

  /** A stream of this provider broke, and another call was asked for the rest. */
  addContinued(provider: string): void {
    this.#continued.add({ provider })
  }

  families(): readonly MetricFamily[] {
    return [
      {
        name: 'agentproxy_gateway_exchanges_total',
        type: 'counter',
        help: 'Model requests that ended. Empty provider: refused before one was chosen.',
        samples: this.#exchanges.samples(),
      },
      {
        name: 'agentproxy_gateway_exchange_duration_seconds',
        type: 'histogram',
        help: 'From accepting a model request to its last byte.',
        samples: this.#durations.samples(),
      },
      {
        name: 'agentproxy_gateway_tokens_total',
        type: 'counter',
        help: 'Tokens as upstreams counted them. Input holds the cached ones, output the reasoning.',
        samples: this.#tokens.samples(),
      },
      {
        name: 'agentproxy_gateway_cost_usd_total',
        type: 'counter',
        help: 'US dollars, of exchanges whose price is known.',
        samples: this.#cost.samples(),
      },
      {
        name: 'agentproxy_gateway_streams_continued_total',
        type: 'counter',
        help: 'Streams that broke after the client had a part of them, and whose rest another call was asked for.',
        samples: this.#continued.samples(),
      },
    ]
  }

  #bounded(model: string): string {
    if (this.#models.has(model)) return model
    if (this.#models.size >= MAX_MODELS) return 'other'
    this.#models.add(model)
    return model
  }
}
