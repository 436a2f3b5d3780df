import type { Logger } from '@agentproxy/plugin'
import type { Env } from './paths.ts'
import { CliError } from '../errors.ts'
import { didYouMean } from '../args/nearest.ts'

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LEVELS)[number]

/** The level asked for with `--verbose` or `AGENTPROXY_LOG`; null when nobody asked. */
export function askedLevel(env: Env, verbose: boolean): LogLevel | null {
  if (verbose) return 'debug'
  const asked = env['AGENTPROXY_LOG']
  if (!asked) return null
  const level = LEVELS.find((candidate) => candidate === asked.toLowerCase())
  if (level !== undefined) return level
  throw new CliError(
    'CONFIG_INVALID',
    `AGENTPROXY_LOG: unknown level "${asked}"${didYouMean(asked, LEVELS)}`,
    {
      hint: `Levels: ${LEVELS.join(', ')}.`,
    },
  )
}

/** Structured logs as JSON lines on standard error. */
export async function createJsonLogger(level: Exclude<LogLevel, 'silent'>): Promise<Logger> {
  const { pino } = await import('pino')
  const log = pino({ level, base: null }, pino.destination({ fd: 2, sync: true }))
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  }
}

/** For people who did not ask for logs: only warnings and errors, one plain line each, repetitions once. */
export function createPlainLogger(print: (line: string) => void): Logger {
  let last = ''
  const say = (word: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const line = `${word}: ${message}${describeFields(fields)}`
    if (line !== last) print(line)
    last = line
  }
  return {
    debug: () => {},
    info: () => {},
    warn: (message, fields) => say('warning', message, fields),
    error: (message, fields) => say('error', message, fields),
  }
}

export const SILENT_LOGGER: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A reason first, then whatever it does not say already. */
function describeFields({ reason, code: _code, ...fields }: Readonly<Record<string, unknown>>): string {
  const told = typeof reason === 'string' ? `: ${reason}` : ''
  const rest = Object.entries(fields)
    .map(([key, value]) => ({ key, text: describe(value) }))
    .filter(({ text }) => text !== '' && !told.includes(text))
    .map(({ key, text }) => `${key}=${text}`)
  return rest.length === 0 ? told : `${told} (${rest.join(', ')})`
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Error) return value.message
  return typeof value === 'string' ? value : JSON.stringify(value)
}
