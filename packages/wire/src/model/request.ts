import type { WireFormat } from './format-name.ts'

/**
 * A request to a model, the same for every wire format. Readers translate what they know and let the rest ride along
 * in `extras` or opaque values: a writer of the same format puts those back, every other writer reports them.
 * Optional fields that are absent were not said; writers leave them to the target's default.
 */
export interface ModelRequest {
  readonly source: RequestSource
  readonly model: string
  readonly stream: boolean
  /** Whether the client asked for usage in its stream (`openai-chat`: `stream_options.include_usage`). */
  readonly includeUsage?: boolean | undefined

  /** Instructions before the conversation, in order. One entry per system or developer message of the source. */
  readonly system: readonly SystemMessage[]
  readonly messages: readonly ModelMessage[]

  readonly tools?: readonly ModelTool[] | undefined
  /** `openai-chat`: the tools were spelled `functions`, and the choice `function_call`. */
  readonly legacyFunctions?: boolean | undefined
  readonly toolChoice?: ToolChoice | undefined
  /** Whether the model may call several tools in one answer. */
  readonly parallelToolCalls?: boolean | undefined
  readonly responseFormat?: ResponseFormat | undefined
  readonly reasoning?: Reasoning | undefined

  /** Most tokens the answer may have, thinking included. */
  readonly maxTokens?: number | undefined
  /** `openai-chat`: the limit was spelled `max_tokens`, which some servers alone know and others refuse. */
  readonly legacyMaxTokens?: boolean | undefined
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly stopSequences?: readonly string[] | undefined
  readonly seed?: number | undefined
  readonly frequencyPenalty?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly logprobs?: boolean | undefined
  readonly topLogprobs?: number | undefined
  /** How many answers are wanted. */
  readonly n?: number | undefined
  readonly serviceTier?: string | undefined
  /** The end user, as the client names them. */
  readonly user?: string | undefined
  readonly extras?: Extras | undefined
}

/** Fields the reader of `format` did not know. They go back only to the same format. */
export interface Extras {
  readonly format: WireFormat
  readonly fields: Readonly<Record<string, unknown>>
  /** Fields that hold only the unread rest of an object; what is in them is reported one by one. */
  readonly partial?: readonly string[] | undefined
  /** Fields, or fields within those, kept only for how they were spelled: another format loses nothing with them. */
  readonly spelling?: readonly string[] | undefined
}

/**
 * How `openai-responses` names an item of its conversation. Labels only: leaving them out changes nothing another
 * format could say, so no writer reports them. On a block it also tells that an item begins there.
 */
export interface ItemNames {
  readonly id?: string | undefined
  readonly status?: string | undefined
}

export interface SystemMessage {
  readonly role: 'system' | 'developer'
  readonly content: readonly ContentBlock[]
  /** `openai-responses`: said in `instructions`, which belong to this one call, not to the conversation. */
  readonly instructions?: true | undefined
  readonly item?: ItemNames | undefined
  readonly extras?: Extras | undefined
}

/** `tool` messages hold tool results only; formats without that role carry the results in a `user` message. */
export interface ModelMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content: readonly ContentBlock[]
  readonly item?: ItemNames | undefined
  readonly extras?: Extras | undefined
}

export type ContentBlock =
  | TextBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ImageBlock
  | DocumentBlock
  | AudioBlock
  | ToolCallBlock
  | ToolResultBlock
  | RefusalBlock
  | OpaqueBlock

export interface TextBlock {
  readonly type: 'text'
  readonly text: string
  readonly cacheControl?: CacheControl | undefined
  readonly citations?: Citations | undefined
  readonly item?: ItemNames | undefined
  readonly extras?: Extras | undefined
}

/** Thought text. `signature` (or encrypted content) is only meaningful to `issuer` and never goes elsewhere. */
export interface ThinkingBlock {
  readonly type: 'thinking'
  readonly issuer: WireFormat
  readonly text: string
  readonly signature?: string | undefined
  readonly item?: ItemNames | undefined
  readonly extras?: Extras | undefined
}

export interface RedactedThinkingBlock {
  readonly type: 'redacted_thinking'
  readonly issuer: WireFormat
  readonly data: string
}

export interface ImageBlock {
  readonly type: 'image'
  readonly source: MediaSource
  /** `low`, `high`, `auto`: how closely to look. */
  readonly detail?: string | undefined
  readonly cacheControl?: CacheControl | undefined
  readonly extras?: Extras | undefined
}

export interface DocumentBlock {
  readonly type: 'document'
  readonly source: MediaSource | { readonly kind: 'text'; readonly text: string }
  readonly title?: string | undefined
  readonly cacheControl?: CacheControl | undefined
  readonly extras?: Extras | undefined
}

export interface AudioBlock {
  readonly type: 'audio'
  readonly source: MediaSource
  readonly cacheControl?: CacheControl | undefined
  readonly extras?: Extras | undefined
}

export interface ToolCallBlock {
  readonly type: 'tool_call'
  readonly id: string
  readonly name: string
  /** `openai-responses`: the namespace the tool lives in; `name` begins with it (`namespace__name`). */
  readonly namespace?: string | undefined
  /** JSON text as the model wrote it, or plain text when `freeform`. */
  readonly arguments: string
  readonly freeform?: true | undefined
  readonly cacheControl?: CacheControl | undefined
  readonly item?: ItemNames | undefined
  readonly extras?: Extras | undefined
}

export interface ToolResultBlock {
  readonly type: 'tool_result'
  readonly callId: string
  /** The tool's name, where the format repeats it (`gemini`). */
  readonly name?: string | undefined
  readonly content: readonly ContentBlock[]
  readonly isError: boolean
  /** `openai-responses`: the result of a freeform call, where the format tells the two apart. */
  readonly freeform?: true | undefined
  readonly cacheControl?: CacheControl | undefined
  readonly extras?: Extras | undefined
}

export interface RefusalBlock {
  readonly type: 'refusal'
  readonly text: string
  readonly item?: ItemNames | undefined
}

/** A block nobody here understands, server tool uses and results among them. */
export interface OpaqueBlock {
  readonly type: 'opaque'
  readonly format: WireFormat
  readonly value: Readonly<Record<string, unknown>>
}

export type MediaSource =
  | { readonly kind: 'data'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string }
  /** A file stored at `issuer`; its id means nothing to another vendor. */
  | { readonly kind: 'file'; readonly issuer: WireFormat; readonly id: string }

/** A prompt cache mark as Anthropic spells it (`{"type":"ephemeral","ttl":"1h"}`); the only spelling there is. */
export type CacheControl = Readonly<Record<string, unknown>>

export interface Citations {
  readonly format: WireFormat
  readonly items: readonly unknown[]
}

export type JsonSchema = Readonly<Record<string, unknown>>

export type ModelTool =
  | {
      readonly type: 'function'
      readonly name: string
      /** As in a tool call: `name` begins with it. */
      readonly namespace?: string | undefined
      readonly description?: string | undefined
      readonly parameters?: JsonSchema | undefined
      readonly strict?: boolean | undefined
      readonly cacheControl?: CacheControl | undefined
      readonly extras?: Extras | undefined
    }
  /** Takes plain text instead of JSON, perhaps under a grammar (`openai-*` custom tools). */
  | {
      readonly type: 'freeform'
      readonly name: string
      readonly namespace?: string | undefined
      readonly description?: string | undefined
      readonly grammar?: unknown
      readonly extras?: Extras | undefined
    }
  /** A tool the vendor runs, or one nobody here understands. */
  | {
      readonly type: 'opaque'
      readonly format: WireFormat
      readonly name: string | null
      readonly value: Readonly<Record<string, unknown>>
    }

export type ToolChoice =
  | { readonly mode: 'auto' | 'required' | 'none' }
  | { readonly mode: 'tool'; readonly name: string }
  | { readonly mode: 'opaque'; readonly format: WireFormat; readonly value: unknown }

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema'
      readonly schema: JsonSchema
      /** A label some vendors require; it does not change the answer. */
      readonly name?: string | undefined
      readonly description?: string | undefined
      readonly strict?: boolean | undefined
    }
  | { readonly type: 'opaque'; readonly format: WireFormat; readonly value: unknown }

/** How much to think: as a mode, as a token budget, as an effort word, or several of these. */
export interface Reasoning {
  readonly mode?: 'enabled' | 'adaptive' | 'disabled' | undefined
  readonly budgetTokens?: number | undefined
  /** `minimal`, `low`, `medium`, `high`, `xhigh`, `max`, or what a vendor adds. */
  readonly effort?: string | undefined
  readonly extras?: Extras | undefined
}

/** A spot in a neutral request, for finding it again in the document it came from. */
export type Place =
  | { readonly system: number; readonly block?: number }
  /** `inner` is a block within a tool result. */
  | { readonly message: number; readonly block?: number; readonly inner?: number }
  | { readonly tool: number }
  | { readonly field: keyof ModelRequest }

/** Where a request came from. Reports point into that document, so only its own format can name the spot. */
export interface RequestSource {
  readonly format: WireFormat
  /** JSON pointer (RFC 6901) of a place in the source document. */
  pointer(request: ModelRequest, place: Place): string
  /** A pointer as the document spells it, where a format has two spellings of its fields. */
  spelled?(pointer: string): string
}
