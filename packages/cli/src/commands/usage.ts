import type { UsageBy, UsageRow } from '@agentproxy/store'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { costText } from '../display/report-lines.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { readMoment } from './read-moment.ts'
import { withStore } from './with-store.ts'

export interface UsageFlags extends GlobalFlags {
  readonly by: UsageBy
  readonly since?: string
  readonly until?: string
  readonly json?: boolean
}

const NUMBER = new Intl.NumberFormat('en-US')

/** What was used and what it cost, by key, model, provider, task or day, with totals. */
export async function showUsage(invocation: Invocation, flags: UsageFlags): Promise<number> {
  const { terminal } = invocation
  const since = readMoment('--since', flags.since)
  const until = readMoment('--until', flags.until)
  return withStore(invocation, flags, async (store) => {
    const rows = await store.exchanges.usage({
      by: flags.by,
      ...(since !== null && { since }),
      ...(until !== null && { until }),
    })
    if (flags.json) for (const row of rows) terminal.out.write(`${JSON.stringify(row)}\n`)
    else if (rows.length === 0) terminal.out.write('No model call was recorded in this time.\n')
    else terminal.out.write(table(flags.by, rows))
    return 0
  })
}

function table(by: UsageBy, rows: readonly UsageRow[]): string {
  const lines = [
    [by, 'calls', 'tokens in', 'cached', 'tokens out', 'cost'],
    ...rows.map((row) => cells(stripEscapes(row.group ?? '-'), row)),
    cells('total', totalOf(rows)),
  ]
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines.map((line) => `${line.map((cell, column) => pad(cell, column, widths)).join('  ')}\n`).join('')
}

/** Numbers stand right, the name and the cost left. */
function pad(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0
  if (column === widths.length - 1) return cell
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

function cells(name: string, row: Omit<UsageRow, 'group'>): readonly string[] {
  const { exchanges, inputTokens, cacheReadTokens, outputTokens } = row
  const numbers = [exchanges, inputTokens, cacheReadTokens, outputTokens].map((count) => NUMBER.format(count))
  return [name, ...numbers, costText(row)]
}

function totalOf(rows: readonly UsageRow[]): Omit<UsageRow, 'group'> {
  const sum = (of: (row: UsageRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const isPriced = rows.some(({ costUsd }) => costUsd !== null)
  return {
    exchanges: sum((row) => row.exchanges),
    failed: sum((row) => row.failed),
    inputTokens: sum((row) => row.inputTokens),
    outputTokens: sum((row) => row.outputTokens),
    cacheReadTokens: sum((row) => row.cacheReadTokens),
    cacheWriteTokens: sum((row) => row.cacheWriteTokens),
    reasoningTokens: sum((row) => row.reasoningTokens),
    costUsd: isPriced ? sum((row) => row.costUsd ?? 0) : null,
    unpriced: sum((row) => row.unpriced),
    simulated: sum((row) => row.simulated),
  }
}
