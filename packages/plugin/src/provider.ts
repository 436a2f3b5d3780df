/** The wire formats agentproxy speaks with clients and upstreams. */
export type WireFormat = 'anthropic' | 'openai-chat' | 'openai-responses' | 'gemini'

export interface ModelInfo {
  /** The upstream's own name, without the provider prefix. */
  readonly id: string
  readonly displayName?: string
  /** Seconds since 1970. */
  readonly created?: number
}

/** Where an upstream's key comes from and how it is sent. The key itself never passes through a plugin. */
export interface CredentialRule {
  /** Environment variable that holds the key. */
  readonly env: string
  /** Lower-case header it is sent in. */
  readonly header: string
  /** Put before the key, such as `Bearer `. */
  readonly prefix: string
}

/** One of several credentials for the same upstream. */
export interface ProviderAccount {
  /** Shown to people; unique within its provider. */
  readonly label: string
  readonly credential: CredentialRule
  /** Share of the calls where accounts are used by weight; more than 0. Default 1. */
  readonly weight?: number
  /** Accounts with a lower number are used first. Default 0. */
  readonly priority?: number
}

/** Absolute URLs that take this format's requests. `{model}` in a path stands for the model's name. */
export interface ProviderEndpoint {
  readonly url: string
  /** Where streams are asked for, if that is elsewhere, as with `gemini`. */
  readonly streamUrl?: string
  /** Where the format's own token count is asked for (`anthropic`, `gemini`); without it counts are estimates. */
  readonly countUrl?: string
}

/** An upstream. Mostly data: the gateway makes the calls. */
export interface ProviderDefinition {
  /** The part before the slash in `provider/model`; unique. */
  readonly name: string
  readonly displayName: string
  /** Formats the upstream speaks itself; other clients are translated to one of them, in this order. */
  readonly endpoints: Readonly<Partial<Record<WireFormat, ProviderEndpoint>>>
  /** Where embeddings are asked for, in OpenAI's format. Absent: the upstream makes none. */
  readonly embeddingsUrl?: string
  /** null = the upstream needs no key. */
  readonly credential: CredentialRule | null
  /** Several credentials to share the calls among; used instead of `credential` if there are any. */
  readonly accounts?: readonly ProviderAccount[]
  /**
   * Lower-case headers in which a client's own credential is passed on to this upstream instead of a key of ours, best
   * first; only from clients that say who they are with `x-agentproxy-token`. Absent or empty: never.
   */
  readonly clientCredentials?: readonly string[]
  /** Sent with every request; lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Models to list. Must not be a paid call. */
  models(signal: AbortSignal): readonly ModelInfo[] | Promise<readonly ModelInfo[]>
  /** false: only listed models exist. true: any name is passed on to the upstream. */
  readonly passesUnknownModels: boolean
  /** true for scripted upstreams, so that nobody mistakes them for a model. */
  readonly simulated: boolean
}
