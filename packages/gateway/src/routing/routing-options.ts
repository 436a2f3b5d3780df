/** When the first bytes of a stream go to the client; until then nothing has reached it, and another upstream can be asked. */
export type CommitPoint = 'first-byte' | 'first-content' | 'whole' | { readonly bytes: number }

/** What becomes of a stream that breaks when a part of it has reached the client. */
type RescueMode = 'error' | 'continue'

/** Which of several accounts is asked first. */
export type AccountStrategy = 'fill-first' | 'round-robin' | 'weighted' | 'least-loaded'

/** Longest times of an exchange; each ends it with a reason of its own. */
export interface RoutingTimeouts {
  /** To reach an upstream. */
  readonly connectMs: number
  /** From the request being sent to the answer's status line. */
  readonly firstByteMs: number
  /** From the call of an upstream to the first content of its stream. */
  readonly firstTokenMs: number
  /** Silence within an answer, from its last byte, pings included; time in which the client does not read is not counted. */
  readonly idleMs: number
  /** From accepting the exchange to its last byte, all attempts and pauses together. */
  readonly totalMs: number
}

/** Sends requests elsewhere than where their model's name leads. */
export interface RoutingRule {
  /** All that is given must hold; `*` in a pattern stands for any letters. */
  readonly when: {
    /** A pattern of the model's name, as the client writes it. */
    readonly model?: string
    /** More input than so many tokens, by the estimate of `count_tokens`. */
    readonly inputTokensAbove?: number
    /** Patterns of headers' values, by name. */
    readonly headers?: Readonly<Record<string, string>>
    /** One of the words in the header `x-agentproxy-tag`. */
    readonly tag?: string
  }
  /** A model or an alias. */
  readonly use: string
}

/** How upstreams are chosen, waited for and replaced. */
export interface RoutingOptions {
  /** The first that fits decides. */
  readonly rules: readonly RoutingRule[]
  /**
   * `max`: how often one exchange calls an upstream again that has failed it. `budgetRatio`: the part that such repeats may
   * be of all exchanges of the last ten seconds; ten are always allowed.
   */
  readonly retries: { readonly max: number; readonly budgetRatio: number }
  readonly timeouts: RoutingTimeouts
  readonly commit: CommitPoint
  /** What follows when a stream breaks after the commit point: an honest error, or another upstream that continues it. */
  readonly rescue: RescueMode
  /** `affinity`: requests of one conversation stay with one account, whose prompt cache knows them. */
  readonly accounts: { readonly strategy: AccountStrategy; readonly affinity: boolean }
}

/** What a caller may set of it. */
export type RoutingSettings = {
  readonly [Key in keyof RoutingOptions]?: RoutingOptions[Key] extends
    | CommitPoint
    | RescueMode
    | readonly RoutingRule[]
    ? RoutingOptions[Key]
    : Partial<RoutingOptions[Key]>
}

/** Generous for models that think for minutes, short for what an upstream that is down could hold open. */
const defaults: RoutingOptions = Object.freeze<RoutingOptions>({
  rules: [],
  retries: { max: 2, budgetRatio: 0.2 },
  timeouts: {
    connectMs: 5_000,
    firstByteMs: 600_000,
    firstTokenMs: 600_000,
    idleMs: 300_000,
    totalMs: 3_600_000,
  },
  commit: 'first-content',
  rescue: 'error',
  accounts: { strategy: 'fill-first', affinity: true },
})

/** The settings with defaults for what they leave out. */
export function routingOptions(settings: RoutingSettings = {}): RoutingOptions {
  return {
    rules: settings.rules ?? defaults.rules,
    retries: { ...defaults.retries, ...settings.retries },
    timeouts: { ...defaults.timeouts, ...settings.timeouts },
    commit: settings.commit ?? defaults.commit,
    rescue: settings.rescue ?? defaults.rescue,
    accounts: { ...defaults.accounts, ...settings.accounts },
  }
}
