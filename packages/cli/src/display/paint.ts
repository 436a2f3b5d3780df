import picocolors from 'picocolors'
import type { Env } from '../app/paths.ts'

export type Paint = ReturnType<typeof picocolors.createColors>

/** Colours for a terminal; off for a pipe unless `FORCE_COLOR` is set, and always off with `NO_COLOR`. */
export function createPaint(isTty: boolean, env: Env): Paint {
  const wanted = Boolean(env['FORCE_COLOR']) || (isTty && env['TERM'] !== 'dumb')
  return picocolors.createColors(wanted && !env['NO_COLOR'])
}

export const PLAIN: Paint = picocolors.createColors(false)
