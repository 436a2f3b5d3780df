import type { LoggedEvent } from '@agentproxy/supervisor'
import type { Display, FinalReport, Output } from './display.ts'
import { costText } from './report-lines.ts'

/** One JSON object a line on standard output and nothing else there: each event as logged, then one `report`. */
export function createJsonDisplay(out: Output, err: Output): Display {
  const print = (value: unknown): void => out.write(`${JSON.stringify(value)}\n`)
  return {
    event: ({ seq, at, payload }: LoggedEvent) => print({ seq, at, ...payload }),
    aside: (text) => err.write(`${text}\n`),
    report: (report) => print(reportJson(report)),
    close: () => {},
  }
}

/** The last line of `--display json`. */
function reportJson(report: FinalReport): Record<string, unknown> {
  const { usage } = report
  return {
    type: 'report',
    ...report,
    simulated: usage.exchanges > 0 && usage.simulated === usage.exchanges,
    cost: costText(usage),
  }
}
