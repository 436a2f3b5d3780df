import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CheckResult } from '@agentproxy/plugin'
import type { EvidenceRecord } from '@agentproxy/store'
import { findSession } from '../app/find-session.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { createPaint } from '../display/paint.ts'
import { checkLines } from '../display/task-lines.ts'
import type { Page } from '../display/task-lines.ts'
import { wrap } from '../display/wrap.ts'
import { CliError } from '../errors.ts'
import { buildReport, titleOf } from '../report/build-report.ts'
import { type SessionFacts, readFacts } from '../report/read-facts.ts'
import { toHtml } from '../report/to-html.ts'
import { toMarkdown } from '../report/to-markdown.ts'
import { withStore } from './with-store.ts'

export interface EvidenceFlags extends GlobalFlags {
  readonly id: string
  readonly json?: boolean
  /** Files to write the report to. */
  readonly markdown?: string
  readonly html?: string
}

const OUTPUT_LINES = 12

/** What each check showed, on which tree, and where its whole output is. */
export function showEvidence(invocation: Invocation, flags: EvidenceFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    if (flags.markdown !== undefined || flags.html !== undefined)
      return writeReports(invocation, flags, await readFacts(store, id))
    const records = await store.evidence.list(id)
    if (flags.json) {
      for (const record of records) terminal.out.write(`${JSON.stringify(record)}\n`)
      return 0
    }
    if (records.length === 0) terminal.out.write('No check has run yet.\n')
    const page = { paint: createPaint(terminal.out.isTty, env), width: Math.min(100, terminal.out.columns) }
    for (const record of records) terminal.out.write(`${evidenceLines(page, record).join('\n')}\n`)
    return 0
  })
}

async function writeReports(
  { cwd, terminal }: Invocation,
  { markdown, html }: EvidenceFlags,
  facts: SessionFacts,
): Promise<number> {
  const blocks = buildReport(facts)
  const wanted: readonly (readonly [string | undefined, () => string])[] = [
    [markdown, () => toMarkdown(blocks)],
    [html, () => toHtml(blocks, titleOf(facts))],
  ]
  for (const [file, text] of wanted) {
    if (file === undefined) continue
    const target = path.resolve(cwd, file)
    await writeFile(target, text(), { mode: 0o600 }).catch((error: Error) => {
      throw new CliError('USAGE', `the report cannot be written: ${error.message}`)
    })
    terminal.out.write(`${target}\n`)
  }
  return 0
}

function evidenceLines(page: Page, record: EvidenceRecord): readonly string[] {
  const { paint } = page
  const when = record.phase === 'baseline' ? 'before the first turn' : `turn ${record.turn}`
  const result = record.body as CheckResult
  const output = wrap(result.outputTail, page.width - 6)
  return [
    `${paint.bold(when)}  ${paint.dim(`${new Date(record.at).toISOString()}  tree ${record.treeHash}`)}`,
    ...checkLines(page, result),
    ...(result.command === null ? [] : [`    $ ${wrap(result.command, page.width - 6).join('\n      ')}`]),
    ...output.slice(-OUTPUT_LINES).map((line) => `    ${paint.dim(line)}`),
    ...(result.outputFile === null ? [] : [`    whole output: ${result.outputFile}`]),
    '',
  ]
}
