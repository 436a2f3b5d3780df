import type { Logger } from '@agentproxy/plugin'
import { askedLevel, createJsonLogger, createPlainLogger, SILENT_LOGGER } from '../app/log.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'

/** JSON lines when logs were asked for; otherwise warnings in plain words through `print`. */
export async function openLogger(
  invocation: Invocation,
  flags: GlobalFlags,
  print: (line: string) => void,
): Promise<Logger> {
  const level = askedLevel(invocation.env, flags.verbose ?? false)
  if (level === null) return createPlainLogger(print)
  return level === 'silent' ? SILENT_LOGGER : createJsonLogger(level)
}
