import { Pool } from 'undici'
import type { RoutingTimeouts } from '../routing/routing-options.ts'
import { createConnector } from './stale-connection.ts'
import type { OpenRecording } from '../recording/open-recording.ts'
import type { UpstreamLink } from '../recording/upstream-link.ts'

type UpstreamTimes = Pick<RoutingTimeouts, 'connectMs' | 'firstByteMs' | 'idleMs'>

/** Where a URL's requests go: the connections to its origin, and the path there. */
export interface UpstreamTarget {
  readonly pool: UpstreamLink
  readonly path: string
  readonly hasQuery: boolean
}

/** One pool of connections for each upstream origin, made when first used. URLs come from provider definitions only. */
export class UpstreamPools {
  readonly #times: UpstreamTimes
  readonly #recording: OpenRecording | null
  readonly #pools = new Map<string, Pool>()
  readonly #targets = new Map<string, UpstreamTarget>()

  constructor(times: UpstreamTimes, recording: OpenRecording | null = null) {
    this.#times = times
    this.#recording = recording
  }

  target(url: string): UpstreamTarget {
    const known = this.#targets.get(url)
    if (known !== undefined) return known
    const { origin, pathname, search } = new URL(url)
    const target = { pool: this.#link(origin), path: pathname + search, hasQuery: search !== '' }
    this.#targets.set(url, target)
    return target
  }

  /** Ends every connection; calls in flight fail. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
    await this.#recording?.settled()
    this.#pools.clear()
    this.#targets.clear()
  }

  #link(origin: string): UpstreamLink {
    return this.#recording?.link(() => this.#pool(origin)) ?? this.#pool(origin)
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin)
    if (known !== undefined) return known
    const pool = new Pool(origin, {
      connect: createConnector(this.#times.connectMs),
      headersTimeout: this.#times.firstByteMs,
      bodyTimeout: this.#times.idleMs,
    })
    this.#pools.set(origin, pool)
    return pool
  }
}
