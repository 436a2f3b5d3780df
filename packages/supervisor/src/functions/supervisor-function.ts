import type { BeforeDone } from '@agentproxy/plugin'
import type { GuardVerdict } from '@agentproxy/kernel'
import type { z } from 'zod'
import type { ModelAnswer } from '../loop/model-asker.ts'
import type { CommandOptions } from '../process/run-command.ts'
import type { SessionState } from '../session/session-state.ts'
import type { TaskEvent } from '../session/task-event.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** What a function may look at and act on. */
export interface FunctionContext {
  readonly taskId: string
  readonly state: SessionState
  readonly workspace: Workspace
  readonly signal: AbortSignal
  /** Logs what the function made happen. */
  readonly append: (event: TaskEvent) => Promise<void>
  /** Where and how a process of this function runs; it is logged before it may start. */
  readonly process: (what: string) => Promise<ProcessPlace>
  /** Asks a model with one of our prompts for one JSON value. */
  readonly askModel: (prompt: 'review', model: string, question: unknown) => Promise<ModelAnswer>
  /** Asks the `task.before-done` guards. */
  guardDone(payload: BeforeDone): Promise<GuardVerdict>
  /** Puts a question to the person who gave the task; what is decided next waits for the answer. */
  ask(question: string, choices: readonly string[]): Promise<void>
}

export interface FunctionOutcome {
  readonly ok: boolean
  /** For `send_to_agent` the instruction itself; else what a person and the reasoner read. */
  readonly result: string
  /** The tree it looked at or left behind; null when it did not touch the workspace. */
  readonly tree: string | null
  /** Checks that have to run again. */
  readonly recheck?: readonly string[]
}

export type ProcessPlace = Pick<
  CommandOptions,
  'cwd' | 'env' | 'marker' | 'outputFile' | 'graceMs' | 'signal'
>

/** One thing a reasoner may decide. */
export interface SupervisorFunction<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly aliases: readonly string[]
  /** One sentence for a model. */
  readonly description: string
  readonly parameters: Schema
  run(args: z.output<Schema>, context: FunctionContext): Promise<FunctionOutcome> | FunctionOutcome
}

/** Gives a function its argument types and checks them again where only the name is known. */
export function defineFunction<Schema extends z.ZodObject>(
  definition: SupervisorFunction<Schema>,
): SupervisorFunction {
  return { ...definition, run: (args, context) => definition.run(definition.parameters.parse(args), context) }
}
