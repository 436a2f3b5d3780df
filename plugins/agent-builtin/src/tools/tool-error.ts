/** path: outside the working directory or refused. file: missing, binary, too large. edit: no exact, unique match. pattern: no valid expression. */
export type ToolErrorCode = 'path' | 'file' | 'edit' | 'pattern'

const MARKER = Symbol.for('agentproxy.agent-builtin.ToolError')

/** A tool's refusal or failure, worded for the model. */
export class ToolError extends Error {
  readonly code: ToolErrorCode
  readonly [MARKER] = true

  constructor(code: ToolErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ToolError'
    this.code = code
  }

  static is(value: unknown): value is ToolError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}

/** The `code` of a system error such as `ENOENT`, or null. The error may come from another realm. */
export function systemCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}
