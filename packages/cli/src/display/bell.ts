import type { Display, Output } from './display.ts'
import { oneLine } from './strip-escapes.ts'

export interface BellOptions {
  /** The terminal's bell. */
  readonly bell: boolean
  /** A desktop notification by OSC 9, where the terminal knows it. */
  readonly osc9: boolean
}

/** Events that wait for the person. */
const NEEDS_YOU: ReadonlySet<string> = new Set(['permission.requested', 'question.asked'])

/**
 * Calls the person back when they are asked something and when the task is over. On standard error, and only where that is
 * a terminal, so that no output that is read by a program ever holds it.
 */
export function withBell(display: Display, err: Output, options: BellOptions): Display {
  if (!err.isTty || (!options.bell && !options.osc9)) return display
  const ring = (text: string): void => {
    if (options.osc9) err.write(`\u001b]9;${oneLine(text, 120)}\u0007`)
    if (options.bell) err.write('\u0007')
  }
  return {
    event: (event) => {
      display.event(event)
      if (NEEDS_YOU.has(event.payload.type)) ring('agentproxy needs you')
    },
    aside: (text) => display.aside(text),
    report: (report) => {
      display.report(report)
      ring(`agentproxy: ${report.outcome} (${report.reason})`)
    },
    close: () => display.close(),
  }
}
