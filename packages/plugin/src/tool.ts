import type { JsonSchema, SchemaOutput, StandardSchema } from './schema.ts'

/** What a tool knows of the call it serves. */
export interface ToolContext {
  readonly userId: string | null
  readonly requestId: string
  /** Aborted on time-out, on the caller's abort and when the plugin goes. */
  readonly signal: AbortSignal
}

export interface ToolCallOptions {
  readonly userId?: string
  readonly requestId?: string
  /** Milliseconds. Default 30000. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** A callable with a schema. `parameters` is a Standard Schema, or JSON Schema as data. */
export interface ToolDefinition<
  Parameters extends StandardSchema | JsonSchema = StandardSchema | JsonSchema,
> {
  readonly description: string
  readonly parameters: Parameters
  execute(
    parameters: Parameters extends StandardSchema ? SchemaOutput<Parameters> : Record<string, unknown>,
    context: ToolContext,
  ): unknown
}
