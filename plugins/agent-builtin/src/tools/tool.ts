import type { ToolKind } from '@agentproxy/plugin'
import type { z } from 'zod'

/** Where and within what bounds a tool runs. */
export interface ToolRoom {
  /** Real path of the working directory. */
  readonly root: string
  readonly signal: AbortSignal
  /** Milliseconds a command may run when the call names no limit. */
  readonly commandTimeoutMs: number
}

export interface ToolOutcome {
  readonly ok: boolean
  /** What the model reads. */
  readonly output: string
}

/** One call with its input checked, ready to be asked about and run. */
export interface PreparedCall {
  /** One line for a person. */
  readonly title: string
  /** Files it touches, as the model named them. */
  readonly paths: readonly string[]
  /** Throws a ToolError, or a system error, when it cannot do its work. */
  run(room: ToolRoom): Promise<ToolOutcome>
}

/** A tool the model may call. */
export interface BuiltinTool {
  readonly name: string
  readonly description: string
  readonly input: z.ZodType
  readonly kind: ToolKind
  /** Whether permission is asked before it runs. */
  readonly asks: boolean
  /** Checks the input; throws a ZodError when it does not fit. */
  prepare(input: unknown): PreparedCall
}

interface ToolSpec<Schema extends z.ZodType> {
  readonly name: string
  readonly description: string
  readonly input: Schema
  readonly kind: ToolKind
  readonly asks: boolean
  title(input: z.infer<Schema>): string
  paths(input: z.infer<Schema>): readonly string[]
  run(input: z.infer<Schema>, room: ToolRoom): Promise<ToolOutcome>
}

/** Gives a tool's functions the type of its input. */
export function defineTool<Schema extends z.ZodType>(spec: ToolSpec<Schema>): BuiltinTool {
  const { name, description, input, kind, asks } = spec
  return {
    name,
    description,
    input,
    kind,
    asks,
    prepare(value) {
      const checked = input.parse(value)
      return {
        title: spec.title(checked),
        paths: spec.paths(checked),
        run: (room) => spec.run(checked, room),
      }
    },
  }
}
