export type EventsErrorCode = 'SUBSCRIPTION_NOT_FOUND' | 'SUBSCRIPTION_LIMIT'

const MARKER = Symbol.for('agentproxy.EventsError')

/** A subscription that cannot be had. */
export class EventsError extends Error {
  readonly code: EventsErrorCode
  readonly [MARKER] = true

  constructor(code: EventsErrorCode, message: string) {
    super(message)
    this.name = 'EventsError'
    this.code = code
  }

  static is(value: unknown): value is EventsError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
