import type { UsageTotals } from '@agentproxy/store'
import type { Invocation } from '../args/invocation.ts'
import type { DisplayFlags, WatchFlags } from '../args/options.ts'
import type { Config } from '../config/config.ts'
import { withBell } from '../display/bell.ts'
import type { BellOptions } from '../display/bell.ts'
import type { Display, DisplayMode } from '../display/display.ts'
import { createJsonDisplay } from '../display/json-display.ts'
import { createLinesDisplay } from '../display/lines-display.ts'
import { createPaint, PLAIN } from '../display/paint.ts'
import type { Progress } from '../display/progress.ts'
import { createQuietDisplay } from '../display/quiet-display.ts'
import type { TaskFacts } from '../display/task-lines.ts'
import { CliError } from '../errors.ts'

export interface DisplayRequest {
  readonly mode: DisplayMode
  readonly facts: TaskFacts
  readonly bell?: BellOptions
  /** null when a log is told again, not a task watched. */
  readonly live: { readonly progress: Progress; usage(): Promise<UsageTotals> } | null
}

/** What the flags ask for: `rich` on a terminal and `simple` elsewhere, unless told otherwise. */
export function displayMode(invocation: Invocation, flags: DisplayFlags): DisplayMode {
  if (!flags.json) return flags.display ?? (invocation.terminal.out.isTty ? 'rich' : 'simple')
  if (flags.display === undefined || flags.display === 'json') return 'json'
  throw new CliError('USAGE', `--json and --display ${flags.display} contradict each other`)
}

/** Whether and how the person wants to be called back. */
export function bellOf(flags: WatchFlags, { terminal }: Pick<Config, 'terminal'>): BellOptions {
  return { bell: flags.bell ?? terminal.bell, osc9: terminal.osc9 }
}

/** The display the person asked for, with a bell where they want one. */
export function openDisplay(invocation: Invocation, request: DisplayRequest): Display {
  const display = displayOf(invocation, request)
  return request.bell === undefined ? display : withBell(display, invocation.terminal.err, request.bell)
}

function displayOf({ terminal, env }: Invocation, request: DisplayRequest): Display {
  const { out, err } = terminal
  switch (request.mode) {
    case 'json':
      return createJsonDisplay(out, err)
    case 'quiet':
      return createQuietDisplay(out, err)
    case 'simple':
      return createLinesDisplay({ out, err, paint: PLAIN, facts: request.facts, live: null })
    case 'rich': {
      const live = out.isTty && env['TERM'] !== 'dumb' ? request.live : null
      return createLinesDisplay({ out, err, paint: createPaint(out.isTty, env), facts: request.facts, live })
    }
  }
}
