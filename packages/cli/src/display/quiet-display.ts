import { formatDuration } from '../args/duration.ts'
import type { Display, Output } from './display.ts'
import { stripEscapes } from './strip-escapes.ts'

/** Nothing but one line at the end. */
export function createQuietDisplay(out: Output, err: Output): Display {
  return {
    event: () => {},
    aside: (text) => err.write(`${text}\n`),
    report: (report) => {
      const files = `${report.changes.length} file${report.changes.length === 1 ? '' : 's'} changed`
      const message = stripEscapes(report.message).replaceAll('\n', ' ')
      out.write(
        `${report.outcome}: ${message} (${files}, ${formatDuration(report.durationMs)}, session ${report.sessionId})\n`,
      )
    },
    close: () => {},
  }
}
