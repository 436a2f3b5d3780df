import type { ModelEvent, ModelUsage } from './model-event.ts'
import type { WireFormat } from './provider.ts'

/** Who sent a request, as its token says. */
export interface Identity {
  /** `owner`: the token of this installation. `task`: a token made for one task's agent. */
  readonly kind: 'owner' | 'task'
  readonly taskId: string | null
  /** `agent`: the agent's own calls. `reasoner`: calls the supervisor makes about the task. */
  readonly purpose: 'agent' | 'reasoner' | null
}

export interface RequestReceived {
  readonly exchangeId: string
  readonly identity: Identity
  readonly method: string
  readonly path: string
  readonly format: WireFormat
  /** As the client wrote it. */
  readonly model: string
  readonly stream: boolean
  readonly bodyBytes: number
}

export interface ModelRouteRequest {
  readonly exchangeId: string
  readonly identity: Identity
  readonly format: WireFormat
  readonly model: string
}

export interface ModelRoute {
  readonly provider: string
  readonly model: string
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

export interface RequestPrepare {
  readonly exchangeId: string
  readonly identity: Identity
  readonly provider: string
  readonly model: string
  /** The format of `body`: that of the upstream. */
  readonly format: WireFormat
  /** Headers for the upstream, without its credential. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Present only if a handler of this hook asked with `needsBody`. */
  readonly body: JsonObject | null
}

export interface UpstreamCall {
  readonly exchangeId: string
  readonly attempt: number
  readonly provider: string
  readonly model: string
  readonly format: WireFormat
  readonly stream: boolean
  readonly url: string
}

/** What an upstream answered, byte for byte, in its own format. */
export interface UpstreamAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** As far as it came; of a stream all chunks in one. Read only. */
  readonly body: Uint8Array
}

/** `relayed`: the answer went (or goes) to the client. `response`: a handler answers instead of the upstream. */
export type UpstreamResult =
  | {
      readonly kind: 'relayed'
      readonly status: number
      readonly usage: ModelUsage | null
      readonly durationMs: number
      /** Only if a handler asked with `needsAnswer`, an answer came, and the gateway could hold it. */
      readonly answer?: UpstreamAnswer
    }
  | {
      readonly kind: 'response'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

export interface StreamEventPayload {
  readonly exchangeId: string
  readonly event: ModelEvent
}

/** Exactly one of these per exchange, whatever happened. */
export interface ExchangeEnd {
  readonly exchangeId: string
  readonly identity: Identity
  /** `rejected`: refused before any upstream call. `cancelled`: the client left. */
  readonly outcome: 'completed' | 'failed' | 'rejected' | 'cancelled'
  readonly reason: string
  /** HTTP status the client got; 499 if it left before one was sent. */
  readonly status: number
  readonly clientFormat: WireFormat
  readonly upstreamFormat: WireFormat | null
  readonly provider: string | null
  readonly model: string
  readonly stream: boolean
  /** true where the upstream is scripted, not a real model. */
  readonly simulated: boolean
  readonly usage: ModelUsage | null
  /** US dollars; null = price unknown, which is not zero. */
  readonly costUsd: number | null
  /** What translation dropped, changed or emulated, as short codes. */
  readonly loss: readonly string[]
  readonly firstByteMs: number | null
  readonly durationMs: number
}
