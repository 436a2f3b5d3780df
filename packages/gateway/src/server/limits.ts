/** What the gateway allows its clients, and how much it holds. Sizes in bytes, times in milliseconds; those of upstreams are in `RoutingOptions`. */
export interface GatewayLimits {
  /** Largest request body. */
  readonly bodyBytes: number
  /** Largest header block of a request, all names and values together. */
  readonly headerBytes: number
  /** Largest answer that is held in memory: JSON answers and error answers. Streams have no such limit. */
  readonly answerBytes: number
  /** Time for a client to send its headers. */
  readonly headersTimeoutMs: number
  /** Time for a client to send its whole request. */
  readonly requestTimeoutMs: number
}

/** Room for large requests, little time for what a hostile or broken client could hold open. */
export const defaultLimits: GatewayLimits = Object.freeze({
  bodyBytes: 32 * 1024 * 1024,
  headerBytes: 32 * 1024,
  answerBytes: 32 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
})
