import type { CheckResult } from '@agentproxy/plugin'
import { formatDuration } from '../args/duration.ts'
import { costText, usageText } from '../display/report-lines.ts'
import type { SessionFacts } from './read-facts.ts'
import type { ReportBlock } from './report-block.ts'

const OUTPUT_LINES = 40

/** What was asked, what came of it, and everything that proves it or stands against it. */
export function buildReport(facts: SessionFacts): readonly ReportBlock[] {
  return [
    heading(1, titleOf(facts)),
    summary(facts),
    heading(2, 'Objective'),
    { kind: 'code', text: facts.contract?.objective ?? '' },
    heading(2, 'Proof'),
    ...proof(facts),
    ...findings(facts),
    heading(2, 'Changes'),
    changes(facts),
    heading(2, 'Turns'),
    turns(facts),
    ...reasoning(facts),
    heading(2, 'Evidence in detail'),
    ...details(facts),
  ]
}

export function titleOf({ contract, finished }: SessionFacts): string {
  const objective = contract?.objective.split('\n', 1)[0] ?? 'A task'
  const outcome =
    finished === null ? 'not finished' : finished.outcome === 'done' ? 'verified' : finished.outcome
  return `${objective.slice(0, 100)}: ${outcome}`
}

function heading(level: 1 | 2 | 3, text: string): ReportBlock {
  return { kind: 'heading', level, text }
}

function summary({ sessionId, contract, finished, usage }: SessionFacts): ReportBlock {
  const ended =
    finished === null
      ? [['outcome', 'not finished']]
      : [
          ['outcome', `${finished.outcome} (${finished.reason})`],
          ['because', finished.message],
          [
            'time',
            `${formatDuration(finished.durationMs)}, ${finished.turns} turn${finished.turns === 1 ? '' : 's'}`,
          ],
        ]
  const rows = [
    ...ended,
    ['agent', `${contract?.agent ?? ''} with ${contract?.model ?? 'its own model'}`],
    ['folder', contract?.workingDir ?? ''],
    ['usage', usageText(usage)],
    ['cost', costText(usage)],
    ['session', sessionId],
  ]
  return { kind: 'table', head: ['summary', ''], rows }
}

function proof({ contract, checks }: SessionFacts): readonly ReportBlock[] {
  if (checks.size === 0) return [{ kind: 'paragraph', text: 'No check has run: nothing is proved.' }]
  const required = new Set(
    (contract?.checks ?? []).filter((check) => check.required).map((check) => check.name),
  )
  const rows = [...checks].map(([name, { before, now }]) => [
    name,
    required.has(name) ? 'yes' : 'no',
    before?.verdict ?? '–',
    now?.verdict ?? '–',
    now === null ? '' : testsOf(now),
    now === null ? '' : formatDuration(now.durationMs),
    now === null ? '' : now.treeHash.slice(0, 12),
  ])
  return [
    {
      kind: 'table',
      head: ['check', 'required', 'before the first turn', 'now', 'tests', 'time', 'tree'],
      rows,
    },
  ]
}

function testsOf({ tests }: CheckResult): string {
  return tests === null ? '' : `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`
}

function findings({ findings: found }: SessionFacts): readonly ReportBlock[] {
  if (found.length === 0) return []
  const items = found.map(
    ({ code, blocking, detail }) => `${code}${blocking ? '' : ' (told only)'}: ${detail}`,
  )
  return [heading(2, 'Findings'), { kind: 'list', items }]
}

function changes({ changes: files }: SessionFacts): ReportBlock {
  if (files.length === 0) return { kind: 'paragraph', text: 'No file changed.' }
  const rows = files.map(({ path, operation, linesAdded, linesRemoved }) => [
    path,
    operation,
    linesAdded === null ? 'binary' : `+${linesAdded} -${linesRemoved}`,
  ])
  return { kind: 'table', head: ['file', 'what', 'lines'], rows }
}

function turns({ turns: taken }: SessionFacts): ReportBlock {
  if (taken.length === 0) return { kind: 'paragraph', text: 'The agent has not worked yet.' }
  const rows = taken.map(({ turn, result, changes: files, durationMs }) => [
    String(turn),
    formatDuration(durationMs),
    `${files.length}`,
    result.error === null ? result.stopReason : `${result.error.code}: ${result.error.message}`,
    result.message.slice(0, 300),
  ])
  return { kind: 'table', head: ['turn', 'time', 'files', 'end', 'the agent said'], rows }
}

function reasoning({ subtasks, reviews, notes }: SessionFacts): readonly ReportBlock[] {
  const items = [
    ...[...subtasks.values()].map(({ id, title, status }) => `sub-task ${id} ${status}: ${title}`),
    ...reviews.map(({ turn, model, issues }) => {
      const found = issues.map(({ severity, file, problem }) => `${severity} ${file ?? ''} ${problem}`)
      return `review of turn ${turn} by ${model}: ${found.length === 0 ? 'no problem' : found.join('; ')}`
    }),
    ...notes.map((note) => `note: ${note}`),
  ]
  return items.length === 0 ? [] : [heading(2, 'Sub-tasks, reviews and notes'), { kind: 'list', items }]
}

function details({ evidence }: SessionFacts): readonly ReportBlock[] {
  if (evidence.length === 0) return [{ kind: 'paragraph', text: 'None.' }]
  return evidence.flatMap((record) => {
    const result = record.body as CheckResult
    const when = record.phase === 'baseline' ? 'before the first turn' : `turn ${record.turn}`
    const facts = [
      ...(result.command === null ? [] : [`command: ${result.command}`]),
      ...(result.exitCode === null ? [] : [`exit code: ${result.exitCode}`]),
      ...(result.runs === undefined ? [] : [`runs: ${result.runs.join(', ')}`]),
      `because: ${result.reason}`,
      `at: ${new Date(record.at).toISOString()}, tree ${record.treeHash}`,
      ...(result.requirements ?? []).map(
        ({ requirement, met, file, evidence: seen }) =>
          `${met ? 'met' : 'NOT MET'}: ${requirement} (${file === null ? '' : `${file}: `}${seen})`,
      ),
      ...(result.outputFile === null ? [] : [`whole output: ${result.outputFile}`]),
      ...(result.artifacts ?? []).map(({ name, file }) => `${name}: ${file}`),
    ]
    const output = result.outputTail.trimEnd().split('\n').slice(-OUTPUT_LINES).join('\n')
    const shown: readonly ReportBlock[] = output === '' ? [] : [{ kind: 'code', text: output }]
    return [
      heading(3, `${result.check}, ${when}: ${result.verdict}`),
      { kind: 'list', items: facts },
      ...shown,
    ]
  })
}
