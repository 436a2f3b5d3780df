interface CheckRules {
  /** Unique within the task; shown to people. */
  readonly name: string
  readonly required: boolean
  /** Milliseconds; over it the verdict is `error`. */
  readonly timeoutMs: number
  /** true: it may run beside others that say so too. */
  readonly parallel?: boolean
  /** How often a failed run is tried again on the same files. A pass after a failure is told as flaky. Default 0. */
  readonly reruns?: number
  /** Whether a flaky check stands in the way of done, or is only told. Default `block`. */
  readonly flaky?: 'block' | 'tell'
  /** The same for a check that failed before the first turn and fails no worse now. Default `block`. */
  readonly knownFailing?: 'block' | 'tell'
  /** Bytes of output after which it is ended with the verdict `error`. Default 64 MiB. */
  readonly maxOutputBytes?: number
  /** Why it was chosen, where nobody wrote it down. */
  readonly because?: string
}

export interface CommandCheckSpec extends CheckRules {
  readonly kind: 'command'
  /** A shell command line, run in the working directory. */
  readonly command: string
}

/** A file that must be there, or must not, or must say something. */
export interface FileCheckSpec extends CheckRules {
  readonly kind: 'file'
  /** Relative to the working directory; nothing outside it is read. */
  readonly path: string
  /** true: there must be no such file. */
  readonly absent: boolean
  /** A text that it must contain; null = any. */
  readonly contains: string | null
  /** A regular expression, with the flag `m`, that must match in it; null = any. */
  readonly matches: string | null
}

/** An HTTP request that must be answered as said. */
export interface HttpCheckSpec extends CheckRules {
  readonly kind: 'http'
  readonly url: string
  readonly method: string
  /** Status codes that pass; empty = 200 to 299. */
  readonly status: readonly number[]
  /** A text that the body must contain; null = any. */
  readonly contains: string | null
  /** A shell command line that starts the project's own server for this check; null = one is running. */
  readonly start: string | null
}

/** A page that must open in a browser, not be blank, and write no error to the console. A screenshot is kept. */
export interface BrowserCheckSpec extends CheckRules {
  readonly kind: 'browser'
  readonly url: string
  /** As for `http`. */
  readonly start: string | null
  /** A CSS selector of an element that must become visible; null = none. */
  readonly waitFor: string | null
  /** A text that must be seen on the page; null = any. */
  readonly contains: string | null
  /** Regular expressions of console errors that do not count. */
  readonly allowConsole: readonly string[]
}

/** What the task's changes may be. Measured against the files before the first turn. */
export interface DiffRuleCheckSpec extends CheckRules {
  readonly kind: 'diff-rule'
  /** Patterns of which every changed file must match one; empty = any file. */
  readonly only: readonly string[]
  /** Patterns that no changed file may match. */
  readonly forbid: readonly string[]
  /** Patterns of which each must be matched by a changed file. */
  readonly needs: readonly string[]
  /** Regular expressions that no added line may match. */
  readonly forbidAdded: readonly string[]
  readonly maxFiles: number | null
  /** Lines added and removed together. */
  readonly maxLines: number | null
}

/** A model that looks at the changes and says of each requirement whether it is met, with evidence. It can only veto. */
export interface JudgeCheckSpec extends CheckRules {
  readonly kind: 'judge'
  /** Empty = the task's objective as a whole. */
  readonly requirements: readonly string[]
  /** null = the model of the `llm` reasoner, else the agent's. */
  readonly model: string | null
}

/** A question that a person has to answer with yes. */
export interface HumanCheckSpec extends CheckRules {
  readonly kind: 'human'
  readonly question: string
}

/** A check that a plugin runs in code. Its name is `plugin:` and the name the plugin gave it. */
export interface PluginCheckSpec extends CheckRules {
  readonly kind: 'plugin'
  /** The plugin that runs it; no other may stand in for it. */
  readonly plugin: string
}

/** One verification of a task's result. A check is required unless it says otherwise. */
export type CheckSpec =
  | CommandCheckSpec
  | FileCheckSpec
  | HttpCheckSpec
  | BrowserCheckSpec
  | DiffRuleCheckSpec
  | JudgeCheckSpec
  | HumanCheckSpec
  | PluginCheckSpec

/**
 * pass: it ran and was satisfied. fail: it ran and was not. vacuous: it ran and proved nothing (no test, no change).
 * error: it could not run. skipped: it was not asked to run. Only `pass` proves anything.
 */
export type Verdict = 'pass' | 'fail' | 'vacuous' | 'error' | 'skipped'

/** What one run of one check showed, bound to the exact tree it ran on. */
export interface CheckResult {
  readonly check: string
  readonly verdict: Verdict
  readonly required: boolean
  /** null for a check that is no command. */
  readonly command: string | null
  readonly exitCode: number | null
  /** One sentence for a person: why this verdict. */
  readonly reason: string
  /** The end of the output; the whole is in `outputFile`. */
  readonly outputTail: string
  readonly outputFile: string | null
  readonly durationMs: number
  /** Git tree hash of the workspace the check ran on. */
  readonly treeHash: string
  /** Tests counted in the output, where a known reporter was recognised. */
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number } | null
  /** Further files it left, as a screenshot. */
  readonly artifacts?: readonly { readonly name: string; readonly file: string }[]
  /** The verdict of each run, where it ran more than once on these files. */
  readonly runs?: readonly Verdict[]
  /** true: it failed and passed on the same files. */
  readonly flaky?: boolean
  /** What a judge said of each requirement. */
  readonly requirements?: readonly RequirementVerdict[]
}

export interface RequirementVerdict {
  readonly requirement: string
  readonly met: boolean
  /** Where it is seen: for a requirement that is met, a quotation that really stands in `file`. */
  readonly evidence: string
  readonly file: string | null
}
