import { StoreError } from '@agentproxy/store'
import { SupervisorError } from '@agentproxy/supervisor'
import { CliError } from '../errors.ts'

/** A request that cannot be done, with the status that says so. */
export class ServiceError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'ServiceError'
    this.status = status
    this.code = code
  }
}

const STATUS: Readonly<Record<string, number>> = {
  SESSION_UNKNOWN: 404,
  SESSION_BUSY: 409,
  SESSION_ENDED: 409,
  SESSION_BROKEN: 409,
  AGENT_UNAVAILABLE: 409,
}

/** The answer to what went wrong; null for what is nobody's mistake but ours. */
export function errorAnswer(error: unknown): Response | null {
  if (error instanceof ServiceError) return answer(error.status, error)
  if (StoreError.is(error)) return answer(503, error)
  if (!SupervisorError.is(error) && !CliError.is(error)) return null
  return answer(STATUS[error.code] ?? 400, error)
}

function answer(
  status: number,
  { code, message }: { readonly code: string; readonly message: string },
): Response {
  const type =
    status === 404 ? 'not_found_error' : status === 403 ? 'permission_error' : 'invalid_request_error'
  return Response.json({ error: { type, code, message } }, { status })
}
