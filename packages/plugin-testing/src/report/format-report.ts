import type { CheckOutcome, ContractReport } from './run-contract.ts'

const SIGNS: Readonly<Record<CheckOutcome['outcome'], string>> = { pass: '✓', fail: '✗', skip: '–' }

/** A report for a person: one line a check, and under those that failed, why. */
export function formatReport({ checks, passed, failed, skipped }: ContractReport): string {
  const width = Math.max(...checks.map(({ id }) => id.length))
  const lines = checks.flatMap(({ id, title, outcome, reason }) => {
    const line = `${SIGNS[outcome]} ${id.padEnd(width)}  ${title}`
    if (outcome === 'skip') return [`${SIGNS[outcome]} ${id.padEnd(width)}  ${reason}`]
    return outcome === 'fail' ? [line, `  ${' '.repeat(width)}  ${reason}`] : [line]
  })
  return [...lines, '', `${passed} passed, ${failed} failed, ${skipped} do not apply`, ''].join('\n')
}
