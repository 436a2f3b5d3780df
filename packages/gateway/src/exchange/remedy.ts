import type { ModelError } from '@agentproxy/plugin'

/** How one call of an upstream failed. */
export interface AttemptFailure {
  readonly error: ModelError
  /** Machine-readable, as `exchange.end` has it. */
  readonly reason: string
  /** The connection had served before and was closed before any of this answer came: the request was most likely not read. */
  readonly staleConnection?: boolean
  /** Gives this failure to the client, as the end of the exchange. */
  readonly tell: () => void
}

/**
 * What helps. `again`: the same upstream later, or another at once. `at-once`: the same over a new connection. `elsewhere`:
 * another upstream or account. `never`: the request, the client or the gateway is at fault, and no upstream would do better.
 */
export type Remedy = 'again' | 'at-once' | 'elsewhere' | 'never'

const PASSING: ReadonlySet<number> = new Set([408, 409, 429, 500, 502, 503, 504, 529])

export function remedyOf({ reason, error, staleConnection }: Omit<AttemptFailure, 'tell'>): Remedy {
  switch (reason) {
    case 'connect_failed':
    case 'connect_timeout':
    case 'dns_failed':
      return 'again'
    case 'connection_lost':
      return staleConnection === true ? 'at-once' : 'elsewhere'
    case 'first_byte_timeout':
    case 'first_token_timeout':
    case 'idle_timeout':
    case 'truncated':
    case 'bad_answer':
      return 'elsewhere'
    default:
      return isUpstreamError(reason) ? remedyOfStatus(error.status) : 'never'
  }
}

/** Whether the credential was refused. */
export function isRejection({ reason, error }: Omit<AttemptFailure, 'tell'>): boolean {
  return isUpstreamError(reason) && (error.status === 401 || error.status === 403)
}

/** An error the upstream told, by status or inside a stream. */
function isUpstreamError(reason: string): boolean {
  return reason === 'upstream_error' || reason.startsWith('upstream_status_')
}

function remedyOfStatus(status: number): Remedy {
  if (PASSING.has(status)) return 'again'
  return status === 401 || status === 403 ? 'elsewhere' : 'never'
}
