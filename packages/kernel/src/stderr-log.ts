import type { Logger } from '@agentproxy/plugin'

/** The log of a host that was given none: warnings and errors on standard error, all of it if DEBUG says plugin-system. */
export function createStderrLog(): Logger {
  return {
    debug: (message, fields) => (debugging() ? write('debug', message, fields) : undefined),
    info: (message, fields) => (debugging() ? write('info', message, fields) : undefined),
    warn: (message, fields) => write('warning', message, fields),
    error: (message, fields) => write('error', message, fields),
  }
}

function write(level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`)
  process.stderr.write(`${level}: ${message}${details.join('')}\n`)
}

function debugging(): boolean {
  return (process.env['DEBUG'] ?? '').split(',').includes('plugin-system')
}
