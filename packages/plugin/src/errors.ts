export type PluginErrorCode =
  | 'PLUGIN_NOT_FOUND'
  | 'PLUGIN_DUPLICATE'
  | 'PLUGIN_INVALID'
  | 'PLUGIN_RENAMED'
  | 'PLUGIN_UNSAFE'
  | 'PLUGIN_IN_USE'
  | 'PLUGIN_DISABLED'
  | 'DEPENDENCY_MISSING'
  | 'DEPENDENCY_CYCLE'
  | 'CONFIG_INVALID'
  | 'LOAD_FAILED'
  | 'SETUP_FAILED'
  | 'SETUP_TIMEOUT'
  | 'DISPOSED'
  | 'DISPOSE_FAILED'
  | 'HOOK_FAILED'
  | 'HOOK_TIMEOUT'
  | 'CONTRIBUTION_CONFLICT'
  | 'ROUTE_FAILED'
  | 'MIDDLEWARE_FAILED'
  | 'HTTP_FAILED'
  | 'SECRET_DENIED'
  | 'TOOL_NOT_FOUND'
  | 'TOOL_INPUT_INVALID'
  | 'TOOL_FAILED'
  | 'TOOL_TIMEOUT'
  | 'TASK_FAILED'
  | 'TASK_TIMEOUT'
  | 'SANDBOX_DENIED'
  | 'SANDBOX_LIMIT'
  | 'SANDBOX_UNSUPPORTED'

export interface PluginErrorDetails {
  readonly plugin?: string | undefined
  readonly hook?: string | undefined
  readonly tool?: string | undefined
  readonly cause?: unknown
}

const MARKER = Symbol.for('agentproxy.PluginError')

/** Any failure of the plugin system. Test with `PluginError.is`, which also knows errors of another copy of this package. */
export class PluginError extends Error {
  readonly code: PluginErrorCode
  readonly plugin: string | undefined
  readonly hook: string | undefined
  readonly tool: string | undefined
  readonly [MARKER] = true

  constructor(code: PluginErrorCode, message: string, details: PluginErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'PluginError'
    this.code = code
    this.plugin = details.plugin
    this.hook = details.hook
    this.tool = details.tool
  }

  static is(value: unknown): value is PluginError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
