import type { ToolKind } from './agent-event.ts'
import type { ModelEvent, ModelUsage } from './model-event.ts'
import type { WireFormat } from './provider.ts'

/** Who sent a request, as its token says. */
export interface Identity {
  /** `owner`: the token of this installation. `task`: a token made for one task's agent. `key`: a key made for a program. */
  readonly kind: 'owner' | 'task' | 'key'
  readonly taskId: string | null
  /** `agent`: the agent's own calls. `reasoner`: calls the supervisor makes about the task. */
  readonly purpose: 'agent' | 'reasoner' | null
  /** Of a `key`; never the key itself. */
  readonly keyId?: string
  /** What its maker called it. */
  readonly keyName?: string
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
  /** Tells one client's own credential from another's where the call is made with it; null = with a key of the gateway's. */
  readonly clientCredential: string | null
  /** Present only if a handler of this hook asked with `needsBody`. */
  readonly body: JsonObject | null
}

export interface UpstreamCall {
  readonly exchangeId: string
  /** 1 for the first call of the exchange, 2 for what follows when that failed, and so on. */
  readonly attempt: number
  readonly provider: string
  /** Label of the provider's account; `default` where it has but one credential, or none. */
  readonly account: string
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

/**
 * `relayed`: the answer went (or goes) to the client. `failed`: the upstream failed, and another attempt follows, from the
 * beginning or, where a part had reached the client, for the rest. `response`: a handler answers instead of the upstream.
 */
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
      readonly kind: 'failed'
      /** The upstream's status, or the one its failure goes with. */
      readonly status: number
      readonly reason: string
      readonly durationMs: number
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

/** A tool call in a model's answer, whole, before the client has heard of it. */
export interface ToolCallRequest {
  readonly exchangeId: string
  readonly identity: Identity
  /** The tool's name, as the model wrote it. */
  readonly tool: string
  /** The arguments as the model gave them; text where the tool takes plain text, or where they are no JSON. */
  readonly input: unknown
}

/** What becomes of a tool call. */
export interface ToolCallRuling {
  /** `ask`: whoever answers `permission.request` decides; where nobody does, it is denied. */
  readonly decision: 'allow' | 'ask' | 'deny'
  /** The client and its model are told. */
  readonly reason: string
  /** A denied call ends the whole answer in an error. Default false: words of refusal take its place. */
  readonly endsAnswer?: boolean
  /** What the call would do, for those who guard a task's files and answer its questions. Left out: they are not asked. */
  readonly effects?: ToolCallEffects
}

export interface ToolCallEffects {
  readonly kind: ToolKind
  /** One line for a person. */
  readonly title: string
  /** Files it would write, as the model named them. */
  readonly paths: readonly string[]
}

/** One call of an upstream within an exchange. */
export interface ExchangeAttempt {
  readonly provider: string
  /** Label of the provider's account. */
  readonly account: string
  /** The upstream's name of the model. */
  readonly model: string
  /** `ok`, or why it failed. */
  readonly reason: string
  readonly durationMs: number
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
  /** Every call of an upstream, in order; the last of them is the one the client was answered with. */
  readonly attempts: readonly ExchangeAttempt[]
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
