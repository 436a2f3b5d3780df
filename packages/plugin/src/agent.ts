import type { AgentEvent, ToolKind } from './agent-event.ts'
import type { Logger } from './logger.ts'
import type { PermissionAnswer } from './task-payloads.ts'

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
  readonly gateway: { readonly url: string; readonly token: string }
  readonly signal: AbortSignal
  readonly log: Logger
  spawn(options: AgentSpawn): AgentProcess
  emit(event: AgentEvent): void
  /** Ask before acting: runs `file.change` for files to be written, then `permission.request`, then the task's policy. */
  requestPermission(request: AgentPermissionRequest): Promise<PermissionAnswer>
}

export interface AgentPermissionRequest {
  readonly tool: string
  readonly kind: ToolKind
  readonly title: string
  readonly input: unknown
  readonly paths: readonly string[]
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
  /** Whether it asks before each tool that changes something. */
  readonly asksPermission: boolean
  detect(): Promise<AgentAvailability>
  /** Runs one turn to its end. Resolves with how it ended; rejects only on a programming error. */
  runTurn(turn: AgentTurn): Promise<AgentTurnResult>
}
