/** What the gateway allows its clients, and how much it holds. Sizes in bytes, times in milliseconds; those of upstreams are in `RoutingOptions`. */
export interface GatewayLimits {
  /** Largest request body. */
  readonly bodyBytes: number
  /** Largest header block of a request, all names and values together. */
  readonly headerBytes: number
  /** Largest answer that is held in memory: JSON answers and error answers. Streams have no such limit. */
  readonly answerBytes: number
  /** Model requests that are served at once. */
  readonly openExchanges: number
  /** Those of one key, be they served or waiting. */
  readonly openPerKey: number
  /** Model requests that wait, unread, for one of those being served to end. */
  readonly waitingExchanges: number
  /** How long one waits. */
  readonly waitMs: number
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
  openExchanges: 4_096,
  openPerKey: 256,
  waitingExchanges: 1_024,
  waitMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
})
