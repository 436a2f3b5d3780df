/** Sizes and times the gateway allows. Sizes in bytes, times in milliseconds. */
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
  /** Time to reach an upstream. */
  readonly connectTimeoutMs: number
  /** Time from the request being sent to the upstream's first byte. */
  readonly firstByteTimeoutMs: number
  /** Longest silence within an answer, counted from its last byte; time in which the client does not read is not counted. */
  readonly idleTimeoutMs: number
  /** Longest exchange, from accepting it to its last byte. */
  readonly totalTimeoutMs: number
}

/** Generous for models that think for minutes, short for anything a hostile or broken peer could hold open. */
export const defaultLimits: GatewayLimits = Object.freeze({
  bodyBytes: 32 * 1024 * 1024,
  headerBytes: 32 * 1024,
  answerBytes: 32 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  connectTimeoutMs: 5_000,
  firstByteTimeoutMs: 600_000,
  idleTimeoutMs: 300_000,
  totalTimeoutMs: 3_600_000,
})
