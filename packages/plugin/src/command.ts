export interface CommandOption {
  readonly type: 'string' | 'boolean'
  /** One letter. */
  readonly short?: string
  readonly description: string
  readonly default?: string | boolean
}

export interface CommandInput {
  readonly positionals: readonly string[]
  /** By option name; an option that was not given and has no default is left out. */
  readonly values: Readonly<Record<string, string | boolean>>
}

export interface CommandOutput {
  /** To standard output, which is for results. */
  write(text: string): void
  /** To standard error, which is for people. */
  note(text: string): void
  /** Aborted by Ctrl-C, and when the plugin goes. */
  readonly signal: AbortSignal
}

/** A command of the command line: `agentproxy NAME ...`. */
export interface CommandDefinition {
  readonly description: string
  /** How its arguments are shown in help, as in `FILE [MORE...]`. Default: it takes none. */
  readonly arguments?: string
  readonly options?: Readonly<Record<string, CommandOption>>
  /** Whole command lines, shown in help. */
  readonly examples?: readonly string[]
  /** Resolves with the exit code; nothing = 0. A throw is 1. */
  run(input: CommandInput, output: CommandOutput): unknown
}
