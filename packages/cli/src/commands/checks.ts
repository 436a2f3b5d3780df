import type { CheckResult, CheckSpec, Verdict } from '@agentproxy/plugin'
import { checksJsonSchema, describeCheck, tryCheck } from '@agentproxy/supervisor'
import { ENDING_SIGNALS } from '../app/ending-signals.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { formatDuration } from '../args/duration.ts'
import { loadConfig } from '../config/load-config.ts'
import { createPaint } from '../display/paint.ts'
import { oneLine } from '../display/strip-escapes.ts'
import { checkLines } from '../display/task-lines.ts'
import { findChecks, findWorkingDir } from './task-contract.ts'
import type { FoundChecks } from './task-contract.ts'

export interface ChecksFlags extends GlobalFlags {
  readonly workingDir?: string
  readonly check: readonly string[]
  readonly checks?: string
  readonly json?: boolean
}

/** Like a task that was not accepted. */
const EXIT_FAILED = 10

interface Found extends FoundChecks {
  readonly workingDir: string
}

/** What a task in this folder would have to pass, and where that is written. */
export async function listChecks(invocation: Invocation, flags: ChecksFlags): Promise<number> {
  const { out } = invocation.terminal
  const { specs, from, suggestions } = await find(invocation, flags)
  for (const check of specs) {
    if (flags.json === true) out.write(`${JSON.stringify({ ...check, from })}\n`)
    else
      out.write(
        `${oneLine(titleOf(check), 200)} (${[...notesOf(check), whereFrom(check, from)].join(', ')})\n`,
      )
  }
  if (flags.json !== true) for (const line of suggestionLines(suggestions)) out.write(`${line}\n`)
  if (specs.length === 0 && flags.json !== true) out.write(`${NONE}\n`)
  return 0
}

/** Runs them on the files as they are. Exit code 10 unless every required one passes. */
export async function runChecks(invocation: Invocation, flags: ChecksFlags): Promise<number> {
  const { terminal, env, crashed } = invocation
  const { specs, workingDir } = await find(invocation, flags)
  const page = { paint: createPaint(terminal.out.isTty, env), width: terminal.out.columns ?? 100 }
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  for (const name of ENDING_SIGNALS) process.once(name, onSignal)
  const signal = AbortSignal.any([crashed, stop.signal])
  let proved = specs.some(({ required }) => required)
  try {
    for (const check of specs) {
      const outcome = await tryCheck(check, { workingDir, env, signal })
      if (signal.aborted) return 130
      const { outputFile: _none, ...shown } = outcome
      if (check.required && outcome.verdict !== 'pass') proved = false
      const result: CheckResult = { ...outcome, check: check.name, required: check.required, treeHash: '' }
      if (flags.json === true)
        terminal.out.write(`${JSON.stringify({ check: check.name, required: check.required, ...shown })}\n`)
      else for (const line of checkLines(page, result)) terminal.out.write(`${line}\n`)
    }
  } finally {
    for (const name of ENDING_SIGNALS) process.off(name, onSignal)
  }
  if (specs.length === 0 && flags.json !== true) terminal.out.write(`${NONE}\n`)
  return proved ? 0 : EXIT_FAILED
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  pass: 'it ran, with exit code 0, and where a test reporter is recognised at least one test passed and none failed',
  fail: 'it ran with another exit code, or reported a failed test',
  vacuous: 'no test ran, so nothing is proved',
  error: 'it could not run, was killed, or took too long',
  skipped: 'it was not asked to run, or nobody answered',
}

/** How each is judged, and why that is so. */
export async function explainChecks(invocation: Invocation, flags: ChecksFlags): Promise<number> {
  const { out } = invocation.terminal
  const { specs, from, workingDir, suggestions } = await find(invocation, flags)
  out.write(`Checks for a task in ${oneLine(workingDir, 200)}, ${WHERE[from]}:\n`)
  for (const check of specs) {
    out.write(`  ${oneLine(titleOf(check), 200)} (${notesOf(check).join(', ')})\n`)
    if (check.because !== undefined) out.write(`    because of ${oneLine(check.because, 200)}\n`)
    out.write(`    ${PROOFS[check.kind]}\n`)
  }
  if (specs.length === 0) out.write(`  ${NONE}\n`)
  for (const line of suggestionLines(suggestions)) out.write(`${line}\n`)
  out.write(
    '\nThey run before the first turn, to know what failed already, and after every turn that changed files.\n',
  )
  out.write('A task is done only when every required check passes on the files as they are. Verdicts:\n')
  for (const [verdict, meaning] of Object.entries(VERDICTS)) out.write(`  ${verdict.padEnd(8)} ${meaning}\n`)
  return 0
}

/** The JSON Schema of `.agentproxy/checks.yaml`. */
export function printChecksSchema({ terminal }: Invocation): Promise<number> {
  terminal.out.write(`${JSON.stringify(checksJsonSchema(), null, 2)}\n`)
  return Promise.resolve(0)
}

const PROOFS: Readonly<Record<CheckSpec['kind'], string>> = {
  command:
    'it passes with exit code 0, at least one test and no failed one, where a test reporter is recognised',
  file: 'it passes when the file is as said',
  http: 'it passes when the answer is as said; a server it starts is ended afterwards',
  browser:
    'it passes when the page opens, is not blank and writes no error to the console; a screenshot is kept',
  'diff-rule': 'it passes when all changes keep to the rules; without a change it proves nothing',
  judge:
    'it passes when a model shows by quotations that every requirement is met; it can veto, never overrule',
  human: 'it passes when a person says yes; without an answer it never passes',
  plugin: 'a plugin decides',
}

function whereFrom(check: CheckSpec, from: FoundChecks['from']): string {
  return check.because === undefined ? WHERE[from] : `detected from ${oneLine(check.because, 200)}`
}

function suggestionLines(suggestions: FoundChecks['suggestions']): readonly string[] {
  if (suggestions.length === 0) return []
  const found = suggestions.map(
    ({ command, because }) => `  ${oneLine(command, 200)} (${oneLine(because, 200)})`,
  )
  return ['Not run, but could be checks too:', ...found]
}

const NONE = 'No check was found. Write one with --check, into .agentproxy/checks.yaml, or add a test script.'
const WHERE: Readonly<Record<FoundChecks['from'], string>> = {
  flags: 'asked for',
  file: 'from a file',
  detected: "detected from the project's files",
  none: 'none',
}

async function find({ env, cwd }: Invocation, flags: ChecksFlags): Promise<Found> {
  const workingDir = await findWorkingDir(cwd, flags.workingDir)
  const config = await loadConfig({ env, cwd, projectDir: workingDir, extraFile: flags.config ?? null })
  return { workingDir, ...(await findChecks({ flags, workingDir, cwd, config })) }
}

function titleOf(check: CheckSpec): string {
  const what = describeCheck(check)
  return check.kind === 'plugin' || check.name === what ? check.name : `${check.name}: ${what}`
}

function notesOf({ required, timeoutMs }: CheckSpec): readonly string[] {
  return [required ? 'required' : 'not required', `at most ${formatDuration(timeoutMs)}`]
}
