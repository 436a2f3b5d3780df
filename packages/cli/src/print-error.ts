import type { Env } from './app/paths.ts'
import type { Output } from './display/display.ts'
import { stripEscapes } from './display/strip-escapes.ts'
import { CliError } from './errors.ts'

const INTERNAL_ERROR = 1

/** Says what went wrong in plain lines, the stack only with `AGENTPROXY_DEBUG=1`. Returns the exit code. */
export function printError(error: unknown, err: Output, env: Env): number {
  const known = CliError.is(error) ? error : fromMissingBuild(error)
  const message = known?.message ?? (error instanceof Error ? error.message : String(error))
  err.write(`error: ${stripEscapes(message)}\n`)
  if (known?.hint) err.write(`${stripEscapes(known.hint)}\n`)
  if (env['AGENTPROXY_DEBUG'] === '1') err.write(`${error instanceof Error ? stackOf(error) : ''}\n`)
  else if (known === null && !isOurs(error)) err.write('AGENTPROXY_DEBUG=1 shows where this comes from.\n')
  return known?.exitCode ?? INTERNAL_ERROR
}

/** Errors of the other rooms carry a code and a message for people. */
function isOurs(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    Object.getOwnPropertySymbols(error).some(
      (symbol) => symbol.description?.startsWith('agentproxy.') === true,
    )
  )
}

function fromMissingBuild(error: unknown): CliError | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (code !== 'ERR_MODULE_NOT_FOUND' || !/[\\/]dist[\\/]/.test(String(message))) return null
  return new CliError('NOT_BUILT', 'agentproxy is not built whole; run `npm run build`', { cause: error })
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
