import type { AgentEvent, ToolKind } from './agent-event.ts'
import type { Logger } from './logger.ts'
import type { PermissionAnswer } from './task-payloads.ts'

/** What an agent can do besides running a turn. Declared, so that nobody relies on what it has not. */
export interface AgentCapabilities {
  /** A later turn, in another process too, continues the same conversation. */
  readonly resume: boolean
  /** Takes in what a person says while a turn runs: it calls `turn.onSteer`. */
  readonly steer: boolean
  /**
   * Ends its turn by itself when the signal is aborted and keeps the conversation. Its processes are left alone for the
   * host's grace time; those of an agent that cannot are stopped at once.
   */
  readonly interrupt: boolean
  /** Looks at the pictures of a prompt, `turn.images`. To others they are only described in the prompt. */
  readonly images: boolean
  /** A conversation may go on under another model. */
  readonly modelSwitch: boolean
  /** Asks before each tool that changes something. */
  readonly asksPermission: boolean
  /** Tells its plan as `plan` events. */
  readonly plan: boolean
  /** Tells what it used, by its own count, as `usage` events. */
  readonly usage: boolean
}

export type AgentStopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'max_turn_requests'
  | 'refusal'
  | 'cancelled'
  | 'error'

/** How one turn ended. */
export interface AgentTurnResult {
  readonly stopReason: AgentStopReason
  /** The agent's last words. */
  readonly message: string
  /** Set when `stopReason` is `error`. */
  readonly error: AgentTurnError | null
  /** Give it back as `conversationId` to continue the same conversation. */
  readonly conversationId: string | null
}

export interface AgentTurnError {
  /** `exited`: the process ended without a result. `idle`, `time`: a limit ended it. */
  readonly code: 'not_found' | 'exited' | 'idle' | 'time' | 'model' | 'protocol'
  readonly message: string
  /** Whether the same turn may work if tried again. */
  readonly retryable: boolean
}

/** A child process of the agent, owned by the host: own process group, line cap, idle limit, output kept on disk. */
export interface AgentProcess {
  readonly pid: number
  /** Lines of standard output without their ends; a line over the cap is cut and reported once. */
  readonly lines: AsyncIterable<string>
  /** Writes one line to standard input; throws once it is closed. */
  writeLine(line: string): void
  /** Closes standard input. */
  endInput(): void
  /** Settles when the process has ended and its output is drained. Never rejects. */
  readonly exit: Promise<AgentExit>
  /** SIGTERM to the group, then SIGKILL after `graceMs`; descendants that left the group are ended too. */
  stop(graceMs: number): Promise<AgentExit>
}

export interface AgentExit {
  readonly code: number | null
  readonly signal: string | null
  /** Set when the host ended it. */
  readonly endedBy: 'idle' | 'time' | 'stop' | null
  /** The end of standard error. */
  readonly stderrTail: string
}

export interface AgentSpawn {
  readonly command: string
  readonly args: readonly string[]
  /** Added to the allow-listed environment the host gives every agent. */
  readonly env: Readonly<Record<string, string>>
  /** `closed`: standard input is at its end from the start. */
  readonly stdin: 'open' | 'closed'
}

/** What the host lends an agent for one turn. */
export interface AgentTurn {
  readonly taskId: string
  readonly turn: number
  readonly prompt: string
  readonly workingDir: string
  /** A private folder for the agent's own state; kept between turns and restarts of one task. */
  readonly stateDir: string
  /** Model name to ask our gateway for; null = the agent's own default. */
  readonly model: string | null
  /** Continue this conversation; null = begin one. */
  readonly conversationId: string | null
  readonly allowedTools: readonly string[] | null
  /** Pictures that belong to the prompt. They are named in it, too. */
  readonly images: readonly AgentImage[]
  readonly gateway: { readonly url: string; readonly token: string }
  /** Aborted when the turn has to end; `signal.reason` is an Error that says why in words for a person. */
  readonly signal: AbortSignal
  readonly log: Logger
  spawn(options: AgentSpawn): AgentProcess
  emit(event: AgentEvent): void
  /** Ask before acting: runs `file.change` for files to be written, then `permission.request`, then the task's policy. */
  requestPermission(request: AgentPermissionRequest): Promise<AgentPermissionAnswer>
  /**
   * Hears what a person says while the turn runs. The listener resolves with true once the agent has it, with false when
   * it comes too late; then, as when nobody listens, it is kept for the next turn. One listener at a time.
   */
  onSteer(listener: (text: string) => Promise<boolean>): Disposable
}

/** A picture given with a prompt. */
export interface AgentImage {
  /** Absolute path of the file. */
  readonly path: string
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
}

/** How a permission can be answered (the Agent Client Protocol's kinds). `always` = as long as the conversation lasts. */
export type PermissionOption = 'allow_once' | 'allow_always' | 'reject_once' | 'reject_always'

export interface AgentPermissionRequest {
  readonly tool: string
  readonly kind: ToolKind
  readonly title: string
  readonly input: unknown
  readonly paths: readonly string[]
  /** The answers the agent can take. Default: `allow_once` and `reject_once`. */
  readonly options?: readonly PermissionOption[]
}

export interface AgentPermissionAnswer extends PermissionAnswer {
  /** The decision as one of the options asked for. */
  readonly option: PermissionOption
}

export interface AgentAvailability {
  readonly available: boolean
  readonly version: string | null
  /** What to do when it is not available. */
  readonly problem: string | null
}

/** A coding agent. */
export interface AgentDefinition {
  /** The name given to `--agent`; unique. */
  readonly name: string
  readonly displayName: string
  readonly capabilities: AgentCapabilities
  /** Whether it can run here. Asked when needed, and at most once an hour by those who only list agents. */
  detect(): Promise<AgentAvailability>
  /** Runs one turn to its end. Resolves with how it ended; rejects only on a programming error. */
  runTurn(turn: AgentTurn): Promise<AgentTurnResult>
}
