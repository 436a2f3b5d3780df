import type { UsageTotals } from '@agentproxy/store'
import type { LoggedEvent } from '@agentproxy/supervisor'
import type { Display, FinalReport, Output } from './display.ts'
import type { Paint } from './paint.ts'
import type { Progress } from './progress.ts'
import { reportLines } from './report-lines.ts'
import { StatusLine } from './status-line.ts'
import { oneLine } from './strip-escapes.ts'
import { Story } from './story.ts'
import type { TaskFacts } from './task-lines.ts'

export interface LinesDisplayOptions {
  readonly out: Output
  readonly err: Output
  readonly paint: Paint
  readonly facts: TaskFacts
  /** Set for a live line at the bottom of a terminal; null = lines only, no cursor movement. */
  readonly live: { readonly progress: Progress; usage(): Promise<UsageTotals> } | null
}

const MAX_COLUMNS = 100
const MIN_COLUMNS = 40

/** The story as lines that scroll by; the `rich` and `simple` displays. */
export function createLinesDisplay(options: LinesDisplayOptions): Display {
  const { out, err, paint } = options
  const page = {
    paint,
    // Asked for each line: a terminal is made wider and narrower while a task runs.
    get width() {
      return Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, out.columns))
    },
  }
  const story = new Story(page, options.facts)
  const status = options.live === null ? null : new StatusLine(out, page, options.live)
  const print = (lines: readonly string[]): void => {
    if (lines.length === 0) return
    status?.clear()
    out.write(`${lines.join('\n')}\n`)
    status?.draw()
  }
  return {
    event: ({ payload }: LoggedEvent) => print(story.lines(payload)),
    aside: (text) => {
      status?.clear()
      err.write(`${oneLine(text, 2000)}\n`)
      status?.draw()
    },
    report: (report: FinalReport) => {
      status?.close()
      print(reportLines(page, report))
    },
    close: () => status?.close(),
  }
}
