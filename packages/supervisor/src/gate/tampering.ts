import type { CheckSpec } from '@agentproxy/plugin'
import type { ChangedFile, Finding } from '../session/task-event.ts'
import { fileInTree, patchBetween, renamedFiles } from '../workspace/tree-diff.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { type PatchFile, readPatch } from './read-patch.ts'
import { testCommandText } from './test-command.ts'
import {
  asserts,
  declaresTest,
  disablesTest,
  endsAsIfPassed,
  isSnapshot,
  isTestConfiguration,
  isTestFile,
  mayConfigureTests,
  mayHoldTests,
} from './test-files.ts'
import { hidingExitCodes, leavingOutTests, lowersCoverage, namedIn } from './weakened-settings.ts'

export interface TamperInput {
  readonly workspace: Workspace
  readonly baseTree: string
  readonly tree: string
  readonly changes: readonly ChangedFile[]
  readonly checks: readonly CheckSpec[]
}

const REMEDY = ' Put them back as they were.'
/** Scripts that are there to run checks, by their names. */
const RUNS_CHECKS = /\.(?:ba|z)?sh$|test|check|verify/i
/** Written by people for later tasks: what proves those is not for an agent to say. */
const CHECKS_FILE = '.agentproxy/checks.yaml'

/** Compares the tests, and what runs them, with those before the first turn. */
export async function findTampering(input: TamperInput): Promise<readonly Finding[]> {
  const { workspace, baseTree, tree, changes } = input
  if (changes.length === 0) return []
  const renamed = await renamedFiles(workspace, baseTree, tree)
  const gone = (change: ChangedFile): boolean => change.operation === 'delete' && !renamed.has(change.path)
  const files = readPatch(await patchBetween(workspace, { from: baseTree, to: tree }))
  const deleted = new Set(changes.filter(gone).map(({ path }) => path))
  const kept = files.filter((file) => !deleted.has(file.path))
  const commands = await testCommands(input)
  return [
    ...deletedTests(changes, renamed),
    ...weakenedTests(kept),
    ...(await changedCommand(input)),
    ...found('tests-skipped', 'The configuration leaves tests out of the run', leavingOutTests(kept)),
    ...hiddenExitCodes(kept, commands),
    ...(await loweredCoverage(input)),
    ...noticed(changes, kept, commands),
  ]
}

/** The command lines of the checks, and what the manifest says they run. */
async function testCommands({ workspace, tree, checks }: TamperInput): Promise<readonly string[]> {
  const manifest = (await fileInTree(workspace, tree, 'package.json')) ?? ''
  const commands = checks.flatMap((check) => (check.kind === 'command' ? [check.command] : []))
  return [...commands, testCommandText('package.json', manifest, checks)]
}

function deletedTests(
  changes: readonly ChangedFile[],
  renamed: ReadonlyMap<string, string>,
): readonly Finding[] {
  const gone = changes.filter((change) => change.operation === 'delete' && isTestFile(change.path))
  const deleted = gone.map((change) => change.path).filter((path) => !isTestFile(renamed.get(path) ?? ''))
  return found('tests-deleted', 'Test files were deleted', deleted)
}

function weakenedTests(files: readonly PatchFile[]): readonly Finding[] {
  const tests = files.filter((file) => mayHoldTests(file.path))
  const paths = (matches: (file: PatchFile) => boolean) => tests.filter(matches).map((file) => file.path)
  // What moves between files is no loss; what is gone from all of them is.
  const lost = (what: (line: string) => boolean) => -tests.reduce((sum, file) => sum + net(file, what), 0)
  const fewer = lost(declaresTest)
  const asserted = lost(asserts)
  const runners = files.filter((file) => isTestFile(file.path) || isTestConfiguration(file.path))
  return [
    ...found(
      'tests-skipped',
      'Tests were skipped, focused or marked as to do',
      paths((file) => net(file, disablesTest) > 0),
    ),
    ...(fewer > 0
      ? found(
          'tests-fewer',
          `${fewer} tests were removed from test files`,
          paths((file) => net(file, declaresTest) < 0),
        )
      : []),
    ...(asserted > 0
      ? found(
          'tests-weakened',
          `${asserted} assertions were removed or made to hold always`,
          paths((file) => net(file, asserts) < 0),
        )
      : []),
    ...found(
      'exit-code-hidden',
      'Tests end the run as if it had gone well',
      runners.filter((file) => net(file, endsAsIfPassed) > 0).map((file) => file.path),
    ),
  ]
}

async function changedCommand(input: TamperInput): Promise<readonly Finding[]> {
  const { workspace, baseTree, tree, changes, checks } = input
  const changed = changes
    .filter(({ path, operation }) => path === CHECKS_FILE && operation !== 'create')
    .map(({ path }) => path)
  for (const path of ['package.json', 'Makefile']) {
    if (!changes.some((change) => change.path === path)) continue
    const before = testCommandText(path, (await fileInTree(workspace, baseTree, path)) ?? '', checks)
    const after = testCommandText(path, (await fileInTree(workspace, tree, path)) ?? '', checks)
    // A command that did not exist before cannot have been weakened.
    if (before !== '' && before !== after) changed.push(path)
  }
  return found('test-command-changed', 'What runs the tests was changed', changed)
}

// In what a check runs it is a way around the check; elsewhere it may have its reasons.
function hiddenExitCodes(files: readonly PatchFile[], commands: readonly string[]): readonly Finding[] {
  const hiding = hidingExitCodes(files)
  const run = namedIn(commands, hiding)
  const others = hiding.filter((path) => !run.includes(path))
  const what = 'A failure is hidden from the exit code'
  return [...found('exit-code-hidden', what, run), ...noted(found('exit-code-hidden', what, others))]
}

async function loweredCoverage({
  workspace,
  baseTree,
  tree,
  changes,
}: TamperInput): Promise<readonly Finding[]> {
  const lowered: string[] = []
  for (const { path } of changes.filter((change) => mayConfigureTests(change.path))) {
    const before = await fileInTree(workspace, baseTree, path)
    if (before !== null && lowersCoverage(before, (await fileInTree(workspace, tree, path)) ?? ''))
      lowered.push(path)
  }
  return found('coverage-lowered', 'The coverage that tests must reach was lowered', lowered)
}

/** What may well be right, and a person should know all the same. */
function noticed(
  changes: readonly ChangedFile[],
  files: readonly PatchFile[],
  commands: readonly string[],
): readonly Finding[] {
  const paths = changes.map(({ path }) => path)
  const scripts = namedIn(commands, paths).filter((path) => RUNS_CHECKS.test(path) && !isTestFile(path))
  const rewritten = files.filter(
    ({ path, removed }) => isSnapshot(path) || (isTestFile(path) && removed.some(asserts)),
  )
  return noted([
    ...found(
      'test-command-changed',
      'The configuration of the test runner was changed',
      paths.filter(isTestConfiguration),
    ),
    ...found('test-command-changed', 'A file that a check names was changed', scripts),
    ...found(
      'tests-changed',
      'What tests expect was changed',
      rewritten.map(({ path }) => path),
    ),
  ])
}

function noted(findings: readonly Finding[]): readonly Finding[] {
  return findings.map(({ detail, ...finding }) => ({
    ...finding,
    detail: detail.replace(REMEDY, ''),
    blocking: false,
  }))
}

function found(code: Finding['code'], what: string, paths: readonly string[]): readonly Finding[] {
  if (paths.length === 0) return []
  return [{ code, blocking: true, detail: `${what}: ${paths.join(', ')}.${REMEDY}`, paths }]
}

function net(file: PatchFile, matches: (line: string) => boolean): number {
  return file.added.filter(matches).length - file.removed.filter(matches).length
}
