import type { WireFormat } from './format-name.ts'
import type { ItemNames } from './request.ts'

/**
 * A model's answer as events, the same for every wire format. A JSON answer is the fold of its stream.
 * The last event is always one `end` or one `error`; a stream that stops without either is a bug of the reader.
 */
export type ModelEvent =
  | { readonly type: 'start'; readonly id: string; readonly model: string }
  | { readonly type: 'block_start'; readonly index: number; readonly block: ModelBlock }
  | { readonly type: 'block_delta'; readonly index: number; readonly delta: ModelDelta }
  | { readonly type: 'block_stop'; readonly index: number }
  | { readonly type: 'usage'; readonly usage: ModelUsage }
  | { readonly type: 'finish'; readonly reason: StopReason; readonly stopSequence: string | null }
  | { readonly type: 'ping' }
  | { readonly type: 'opaque'; readonly format: WireFormat; readonly value: unknown }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: ModelError }

export type ModelBlock =
  | { readonly type: 'text'; readonly item?: ItemNames }
  | { readonly type: 'thinking'; readonly issuer: WireFormat; readonly item?: ItemNames }
  | { readonly type: 'redacted_thinking'; readonly issuer: WireFormat; readonly data: string }
  | {
      readonly type: 'tool_call'
      readonly id: string
      readonly name: string
      /** `openai-responses`: the namespace `name` begins with. */
      readonly namespace?: string
      /** `openai-*`: the tool takes plain text, told here as the JSON object `{"input": text}`. */
      readonly freeform?: true
      /** `openai-chat`: said in `function_call`, as before there were several calls. */
      readonly legacy?: true
      readonly item?: ItemNames
    }
  | { readonly type: 'refusal'; readonly item?: ItemNames }
  | { readonly type: 'opaque'; readonly format: WireFormat; readonly value: unknown }

export type ModelDelta =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'signature'; readonly signature: string }
  /** A piece of the tool call's arguments: JSON text, not yet whole. */
  | { readonly type: 'arguments'; readonly json: string }
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'opaque'; readonly format: WireFormat; readonly value: unknown }

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'refusal'
  | 'content_filter'
  | 'pause_turn'
  | 'context_exceeded'

/**
 * Tokens of one answer. `inputTokens` is everything the model read, cached or not (each vendor counts differently;
 * readers normalise), `outputTokens` everything it wrote, thinking included. null = the upstream did not say.
 */
export interface ModelUsage {
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cacheReadTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
}

export type ModelErrorType =
  | 'invalid_request'
  | 'authentication'
  | 'permission'
  | 'not_found'
  | 'too_large'
  | 'rate_limit'
  | 'overloaded'
  | 'timeout'
  | 'upstream'
  | 'truncated'
  | 'internal'

export interface ModelError {
  readonly type: ModelErrorType
  /** Upstream's own words, whole: some clients recover only from the exact text. */
  readonly message: string
  /** HTTP status the error came or should go with. */
  readonly status: number
  /** The vendor's own error type, such as `overloaded_error`. */
  readonly vendorType: string | null
  readonly retryAfterMs: number | null
  readonly requestId: string | null
}
