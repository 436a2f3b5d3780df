import type { CheckResult, CheckSpec, Verdict } from '@agentproxy/plugin'
import { describeCheck, IN_PLACE } from '@agentproxy/supervisor'
import type { ChangedFile, Finding, TaskContract, WorkspaceMode } from '@agentproxy/supervisor'
import { formatDuration } from '../args/duration.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './strip-escapes.ts'
import { wrap } from './wrap.ts'

const LABEL_COLUMNS = 11

/** How and how wide to print. */
export interface Page {
  readonly paint: Paint
  readonly width: number
}

/** `  label     value`, the value wrapped under itself. A mark stands before its first line and takes two columns. */
export function labelled(page: Page, label: string, value: string, mark = ''): readonly string[] {
  const indent = mark === '' ? '' : '  '
  const lines = wrap(value, page.width - LABEL_COLUMNS - 2 - indent.length)
  return lines.map((line, index) => {
    const left = (index === 0 ? label : '').padEnd(LABEL_COLUMNS)
    return `  ${page.paint.dim(left)}${index === 0 ? mark : indent}${line}`
  })
}

/** What was asked, before anything runs. */
export function contractLines(page: Page, contract: TaskContract, facts: TaskFacts): readonly string[] {
  const { paint } = page
  const model = contract.model ?? "the agent's own model"
  const { maxTurns, maxTimeMs, maxCostUsd = null, maxTokens = null } = contract.budgets
  const limits = [
    maxTurns === null ? 'no limit of turns' : `at most ${maxTurns} turns`,
    maxTimeMs === null ? 'no time limit' : formatDuration(maxTimeMs),
    ...(maxCostUsd === null ? [] : [`$${maxCostUsd}`]),
    ...(maxTokens === null ? [] : [`${maxTokens} tokens`]),
  ]
  const reasoner =
    contract.reasonerModel === null ? contract.reasoner : `${contract.reasoner} (${contract.reasonerModel})`
  return [
    ...wrap(contract.objective, page.width).map((line) => paint.bold(line)),
    ...labelled(page, 'folder', contract.workingDir),
    ...workspaceLines(page, contract),
    ...labelled(page, 'agent', `${contract.agent} with ${model}${facts.simulated ? ' (simulated)' : ''}`),
    ...labelled(page, 'reasoner', `${reasoner}; ${limits.join(', ')}`),
    ...checkSpecLines(page, contract.checks, contract.checksFrom),
    ...suggestionLines(page, contract.suggestedChecks ?? []),
    ...labelled(page, 'session', facts.sessionId),
  ]
}

const PLACES: Readonly<Record<WorkspaceMode, string>> = {
  'in-place': '',
  worktree: 'a git worktree on a branch of its own',
  clone: 'a private copy',
}

function workspaceLines(page: Page, contract: TaskContract): readonly string[] {
  const order = contract.workspace ?? IN_PLACE
  if (order.mode === 'in-place') return []
  const from = order.uncommitted ? ', with your uncommitted changes' : ''
  const after = order.apply ? '; brought back when verified' : ''
  return labelled(page, 'workspace', `${PLACES[order.mode]}${from}${after}`)
}

/** What the events themselves do not say. */
export interface TaskFacts {
  readonly sessionId: string
  /** The model is scripted. */
  readonly simulated: boolean
}

const ORIGINS: Readonly<Record<TaskContract['checksFrom'], string>> = {
  flags: 'asked for',
  file: 'from a file',
  detected: 'detected',
  none: 'none',
}

function checkSpecLines(
  page: Page,
  checks: readonly CheckSpec[],
  from: TaskContract['checksFrom'],
): readonly string[] {
  if (checks.length === 0) return labelled(page, 'checks', 'none')
  return checks.flatMap((check, index) => {
    const origin = check.kind === 'plugin' ? `of plugin ${check.plugin}` : originOf(check, from)
    const value = `${checkTitle(check)}${check.required ? '' : ' (not required)'} (${origin})`
    return labelled(page, index === 0 ? 'checks' : '', value)
  })
}

function suggestionLines(page: Page, commands: readonly string[]): readonly string[] {
  if (commands.length === 0) return []
  return labelled(page, '', `not run, could be checks too: ${commands.join(', ')}`)
}

function originOf({ because }: CheckSpec, from: TaskContract['checksFrom']): string {
  return because === undefined ? ORIGINS[from] : `detected: ${because}`
}

function checkTitle(check: CheckSpec): string {
  const what = describeCheck(check)
  return check.kind === 'plugin' || check.name === what ? check.name : `${check.name}: ${what}`
}

const OPERATION_MARKS: Readonly<Record<ChangedFile['operation'], string>> = {
  create: 'A',
  modify: 'M',
  delete: 'D',
}

/** `M src/sum.js +1 -1`. */
function changeLine({ paint, width }: Page, change: ChangedFile): string {
  const counts =
    change.linesAdded === null || change.linesRemoved === null
      ? 'binary'
      : `${paint.green(`+${change.linesAdded}`)} ${paint.red(`-${change.linesRemoved}`)}`
  return `${paint.yellow(OPERATION_MARKS[change.operation])} ${oneLine(change.path, width - 20)} ${counts}`
}

const SHOWN_CHANGES = 20

/** The same for several, the last line with what all of them come to. */
export function changeLines(page: Page, changes: readonly ChangedFile[]): readonly string[] {
  const { paint } = page
  const lines = changes.slice(0, SHOWN_CHANGES).map((change) => changeLine(page, change))
  if (changes.length < 2) return lines
  const sum = (key: 'linesAdded' | 'linesRemoved') =>
    changes.reduce((total, change) => total + (change[key] ?? 0), 0)
  const left = changes.length - lines.length
  const more = left === 0 ? '' : `${left} more; `
  const counts = `${paint.green(`+${sum('linesAdded')}`)} ${paint.red(`-${sum('linesRemoved')}`)}`
  return [...lines, `${paint.dim(`${more}${changes.length} files in all`)} ${counts}`]
}

export function verdictMark({ paint }: Page, verdict: Verdict): string {
  switch (verdict) {
    case 'pass':
      return paint.green('✓')
    case 'fail':
    case 'error':
      return paint.red('✗')
    case 'vacuous':
      return paint.yellow('∅')
    case 'skipped':
      return paint.dim('–')
  }
}

/** A check's verdict, duration and reason. */
export function checkLines(page: Page, result: CheckResult): readonly string[] {
  const { paint, width } = page
  const name = oneLine(result.check, width - 30)
  const head = `  ${verdictMark(page, result.verdict)} ${name}  ${result.verdict}  ${paint.dim(formatDuration(result.durationMs))}`
  return [head, ...wrap(result.reason, width - 6).map((line) => `    ${paint.dim(line)}`)]
}

export function findingLines(page: Page, finding: Finding): readonly string[] {
  const { paint, width } = page
  const mark = finding.blocking ? paint.red('!') : paint.yellow('!')
  const paths = finding.paths.length === 0 ? '' : ` (${finding.paths.join(', ')})`
  return wrap(`${finding.code}: ${finding.detail}${paths}`, width - 6).map((line, index) =>
    index === 0 ? `  ${mark} ${line}` : `    ${line}`,
  )
}
