import type { CheckSpec } from '@agentproxy/plugin'
import type { ChangedFile, Finding } from '../session/task-event.ts'
import { fileInTree, patchBetween, renamedFiles } from '../workspace/tree-diff.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { type PatchFile, readPatch } from './read-patch.ts'
import { testCommandText } from './test-command.ts'
import { declaresTest, disablesTest, isTestConfiguration, isTestFile, mayHoldTests } from './test-files.ts'

export interface TamperInput {
  readonly workspace: Workspace
  readonly baseTree: string
  readonly tree: string
  readonly changes: readonly ChangedFile[]
  readonly checks: readonly CheckSpec[]
}

/** Compares the tests with those before the first turn: deleted, taken out of the run, fewer, or run by another command. */
export async function findTampering(input: TamperInput): Promise<readonly Finding[]> {
  const findings = [await deletedTests(input), ...(await weakenedTests(input)), await changedCommand(input)]
  return [...findings.filter((finding) => finding !== null), ...changedConfiguration(input)]
}

async function deletedTests({ workspace, baseTree, tree, changes }: TamperInput): Promise<Finding | null> {
  const gone = changes.filter((change) => change.operation === 'delete' && isTestFile(change.path))
  if (gone.length === 0) return null
  const renamed = await renamedFiles(workspace, baseTree, tree)
  const deleted = gone.map((change) => change.path).filter((path) => !isTestFile(renamed.get(path) ?? ''))
  return deleted.length === 0 ? null : tampered('tests-deleted', 'Test files were deleted', deleted)
}

async function weakenedTests({
  workspace,
  baseTree,
  tree,
  changes,
}: TamperInput): Promise<readonly Finding[]> {
  const renamed = await renamedFiles(workspace, baseTree, tree)
  const paths = changes.filter((change) => mayHoldTests(change.path)).map((change) => change.path)
  if (paths.length === 0) return []
  const patch = await patchBetween(workspace, { from: baseTree, to: tree }, paths)
  const files = readPatch(patch)
  const skipped = files.filter((file) => net(file, disablesTest) > 0).map((file) => file.path)
  const deleted = new Set(
    changes
      .filter((change) => change.operation === 'delete' && !renamed.has(change.path))
      .map((change) => change.path),
  )
  // A test that moves between files is no loss; one that is gone from all of them is.
  const balance = files
    .filter((file) => !deleted.has(file.path))
    .reduce((sum, file) => sum + net(file, declaresTest), 0)
  const shrunk = files
    .filter((file) => !deleted.has(file.path) && net(file, declaresTest) < 0)
    .map((file) => file.path)
  const findings: Finding[] = []
  if (skipped.length > 0)
    findings.push(tampered('tests-skipped', 'Tests were skipped, focused or marked as to do', skipped))
  if (balance < 0)
    findings.push(tampered('tests-fewer', `${-balance} tests were removed from test files`, shrunk))
  return findings
}

async function changedCommand({
  workspace,
  baseTree,
  tree,
  changes,
  checks,
}: TamperInput): Promise<Finding | null> {
  const changed: string[] = []
  for (const path of ['package.json', 'Makefile']) {
    if (!changes.some((change) => change.path === path)) continue
    const before = testCommandText(path, (await fileInTree(workspace, baseTree, path)) ?? '', checks)
    const after = testCommandText(path, (await fileInTree(workspace, tree, path)) ?? '', checks)
    // A command that did not exist before cannot have been weakened.
    if (before !== '' && before !== after) changed.push(path)
  }
  return changed.length === 0
    ? null
    : tampered('test-command-changed', 'The command that runs the tests was changed', changed)
}

function changedConfiguration({ changes }: TamperInput): readonly Finding[] {
  const paths = changes.filter((change) => isTestConfiguration(change.path)).map((change) => change.path)
  if (paths.length === 0) return []
  return [
    {
      ...tampered('test-command-changed', 'The configuration of the test runner was changed', paths),
      blocking: false,
    },
  ]
}

function tampered(code: Finding['code'], what: string, paths: readonly string[]): Finding {
  return { code, blocking: true, detail: `${what}: ${paths.join(', ')}. Put them back as they were.`, paths }
}

function net(file: PatchFile, matches: (line: string) => boolean): number {
  return file.added.filter(matches).length - file.removed.filter(matches).length
}
