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

/** For people who did not ask for logs: only warnings and errors, one plain line each. */
export function createPlainLogger(print: (line: string) => void): Logger {
  const line = (word: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => `${key}=${describe(value)}`)
    print(`${word}: ${message}${details.length === 0 ? '' : ` (${details.join(', ')})`}`)
  }
  return {
    debug: () => {},
    info: () => {},
    warn: (message, fields) => line('warning', message, fields),
    error: (message, fields) => line('error', message, fields),
  }
}

export const SILENT_LOGGER: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function describe(value: unknown): string {
  if (value instanceof Error) return value.message
  return typeof value === 'string' ? value : JSON.stringify(value)
}
