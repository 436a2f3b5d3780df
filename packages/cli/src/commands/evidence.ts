import type { CheckResult } from '@agentproxy/plugin'
import type { EvidenceRecord } from '@agentproxy/store'
import { findSession } from '../app/find-session.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { createPaint } from '../display/paint.ts'
import { checkLines } from '../display/task-lines.ts'
import type { Page } from '../display/task-lines.ts'
import { wrap } from '../display/wrap.ts'
import { withStore } from './with-store.ts'

export interface EvidenceFlags extends GlobalFlags {
  readonly id: string
  readonly json?: boolean
}

const OUTPUT_LINES = 12

/** What each check showed, on which tree, and where its whole output is. */
export function showEvidence(invocation: Invocation, flags: EvidenceFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
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
