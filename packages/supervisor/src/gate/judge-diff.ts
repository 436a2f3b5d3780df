import type { DiffRuleCheckSpec } from '@agentproxy/plugin'
import picomatch from 'picomatch'
import type { ChangedFile } from '../session/task-event.ts'
import { type CheckOutcome, decided } from './check-outcome.ts'
import { readPatch } from './read-patch.ts'

export interface Changes {
  readonly files: readonly ChangedFile[]
  /** All of them as a patch. */
  readonly patch: string
}

/** Whether the changes keep to the rules. No change proves nothing. */
export function judgeDiff(check: DiffRuleCheckSpec, { files, patch }: Changes): CheckOutcome {
  if (files.length === 0) return decided('vacuous', 'no file has changed')
  const problems = [
    ...pathProblems(check, files),
    ...sizeProblems(check, files),
    ...lineProblems(check, patch),
  ]
  if (problems.length === 0) return decided('pass', `${files.length} changed files keep to the rules`)
  return { ...decided('fail', problems[0] ?? ''), outputTail: problems.join('\n') }
}

function matches(globs: readonly string[]): (path: string) => boolean {
  return picomatch([...globs], { dot: true })
}

function pathProblems(check: DiffRuleCheckSpec, files: readonly ChangedFile[]): readonly string[] {
  const paths = files.map((file) => file.path)
  const outside = check.only.length === 0 ? [] : paths.filter((path) => !matches(check.only)(path))
  const forbidden = check.forbid.length === 0 ? [] : paths.filter((path) => matches(check.forbid)(path))
  const missing = check.needs.filter((glob) => !paths.some((path) => matches([glob])(path)))
  return [
    ...outside.map((path) => `${path} was changed; only ${check.only.join(', ')} may be`),
    ...forbidden.map((path) => `${path} was changed, which is forbidden`),
    ...missing.map((glob) => `no file that matches ${glob} was changed`),
  ]
}

function sizeProblems(
  { maxFiles, maxLines }: DiffRuleCheckSpec,
  files: readonly ChangedFile[],
): readonly string[] {
  const lines = files.reduce((sum, file) => sum + (file.linesAdded ?? 0) + (file.linesRemoved ?? 0), 0)
  return [
    ...(maxFiles !== null && files.length > maxFiles
      ? [`${files.length} files were changed, at most ${maxFiles} may be`]
      : []),
    ...(maxLines !== null && lines > maxLines
      ? [`${lines} lines were changed, at most ${maxLines} may be`]
      : []),
  ]
}

function lineProblems({ forbidAdded }: DiffRuleCheckSpec, patch: string): readonly string[] {
  if (forbidAdded.length === 0) return []
  return readPatch(patch).flatMap(({ path, added }) =>
    forbidAdded.flatMap((source) => {
      const line = added.find((text) => new RegExp(source).test(text))
      return line === undefined
        ? []
        : [`${path}: an added line matches /${source}/: ${line.trim().slice(0, 200)}`]
    }),
  )
}
