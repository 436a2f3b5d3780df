/** SCENARIO_INVALID: a scenario file, or a folder of them, cannot be used. */
export type SimulatorErrorCode = 'SCENARIO_INVALID'

const MARKER = Symbol.for('agentproxy.SimulatorError')

/** Why the simulator cannot start. Its message names the file and the place in it. */
export class SimulatorError extends Error {
  readonly code: SimulatorErrorCode
  readonly [MARKER] = true

  constructor(code: SimulatorErrorCode, message: string, details: { readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'SimulatorError'
    this.code = code
  }

  static is(value: unknown): value is SimulatorError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
