import type { UsageTotals } from '@agentproxy/store'
import type { TaskOutcome } from '@agentproxy/plugin'
import { canContinue } from '@agentproxy/supervisor'
import { formatDuration } from '../args/duration.ts'
import type { FinalReport } from './display.ts'
import { changeLines, findingLines, labelled, verdictMark } from './task-lines.ts'
import type { Page } from './task-lines.ts'

const TITLES: Readonly<Record<TaskOutcome, string>> = {
  done: 'Verified',
  unverified: 'Ended, not verified',
  failed: 'Not accepted: failed',
  stuck: 'Not accepted: stuck',
  capped: 'Not accepted: a budget is used up',
  cancelled: 'Stopped',
  blocked: 'Blocked',
}

/** The verdict between two rules: outcome, evidence, files, usage, cost, and what to do next. */
export function reportLines(page: Page, report: FinalReport): readonly string[] {
  const { paint } = page
  const colour =
    report.outcome === 'done'
      ? paint.green
      : ['cancelled', 'unverified'].includes(report.outcome)
        ? paint.yellow
        : paint.red
  const title = ` ${TITLES[report.outcome]} `
  const rule = colour(`──${paint.bold(title)}${'─'.repeat(Math.max(0, page.width - title.length - 2))}`)
  const turns = `${report.turns} turn${report.turns === 1 ? '' : 's'}`
  return [
    '',
    rule,
    ...labelled(page, 'outcome', `${report.outcome} (${report.reason})`),
    ...labelled(page, 'because', report.message),
    ...report.findings
      .filter((finding) => finding.blocking)
      .flatMap((finding) => findingLines(page, finding)),
    ...evidenceLines(page, report),
    ...fileLines(page, report),
    ...placeLines(page, report),
    ...labelled(page, 'usage', usageText(report.usage)),
    ...labelled(page, 'cost', costText(report.usage)),
    ...labelled(page, 'time', `${formatDuration(report.durationMs)}, ${turns}`),
    ...labelled(page, 'session', report.sessionId),
    ...labelled(page, 'next', nextCommands(report)),
    colour('─'.repeat(page.width)),
  ]
}

function evidenceLines(page: Page, report: FinalReport): readonly string[] {
  return report.checks.flatMap((result, index) => {
    const tests =
      result.tests === null ? '' : `, ${result.tests.passed} tests passed, ${result.tests.failed} failed`
    const exit = result.exitCode === null ? '' : `, exit code ${result.exitCode}`
    const proof = `${result.check}: ${result.verdict}${exit}${tests}, tree ${result.treeHash.slice(0, 8)}`
    return labelled(page, index === 0 ? 'evidence' : '', proof, `${verdictMark(page, result.verdict)} `)
  })
}

function fileLines(page: Page, report: FinalReport): readonly string[] {
  if (report.changes.length === 0) return labelled(page, 'files', 'none changed')
  return changeLines(page, report.changes).map((line, index) => {
    const left = (index === 0 ? 'files' : '').padEnd(11)
    return `  ${page.paint.dim(left)}${line}`
  })
}

function placeLines(page: Page, { workspace, applied, changes }: FinalReport): readonly string[] {
  if (workspace === 'in-place' || changes.length === 0) return []
  return labelled(
    page,
    'in',
    applied ? `the ${workspace}, and in your folder` : `the ${workspace}; your folder is as it was`,
  )
}

const NUMBER = new Intl.NumberFormat('en-US')

/** Model calls and tokens, in words. */
export function usageText(usage: UsageTotals): string {
  if (usage.exchanges === 0) return 'no model call'
  const failed = usage.failed === 0 ? '' : `, ${usage.failed} failed`
  const calls = `${usage.exchanges} model call${usage.exchanges === 1 ? '' : 's'}${failed}`
  const cached = usage.cacheReadTokens === 0 ? '' : ` (${NUMBER.format(usage.cacheReadTokens)} cached)`
  return `${NUMBER.format(usage.inputTokens)} tokens in${cached}, ${NUMBER.format(usage.outputTokens)} out, ${calls}`
}

/** An unknown price is said to be unknown, never zero. */
export function costText(usage: UsageTotals): string {
  if (usage.exchanges === 0) return 'none'
  if (usage.simulated === usage.exchanges) return 'simulated, no cost'
  // Of calls that all cost nothing, or whose price is unknown, no sum can be told.
  if (usage.costUsd === null || (usage.costUsd === 0 && usage.unpriced > 0))
    return 'unknown (no price is known for this model)'
  const rest = usage.unpriced === 0 ? '' : ` and ${usage.unpriced} calls of unknown price`
  return `$${usage.costUsd.toFixed(4)}${rest}`
}

function nextCommands(report: FinalReport): string {
  const id = report.sessionId
  const inspect = [`pa diff ${id}`, `pa evidence ${id}`, `pa show ${id}`]
  const privately = report.workspace !== 'in-place'
  return [
    ...(canContinue(report) ? [`pa resume ${id}`] : []),
    ...inspect,
    ...(report.outcome === 'done' && !report.applied ? [`pa apply ${id}`] : []),
    ...(privately && !canContinue(report) ? [`pa clean ${id}`] : []),
  ].join('\n')
}
