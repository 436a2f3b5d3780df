import { evaluateGate } from '../../gate/evaluate-gate.ts'
import { findTampering } from '../../gate/tampering.ts'
import type { Finding } from '../../session/task-event.ts'
import { startingTree } from '../../session/session-state.ts'
import { changedFiles } from '../../workspace/tree-diff.ts'
import { compareRepository } from '../../workspace/repository-watch.ts'
import { pathTest } from '../../session/path-test.ts'
import { type TaskRun, contractOf, snapshotTree, workspaceOf } from '../task-run.ts'

/** Looks at the files as they are now and judges whether the evidence proves them. */
export async function gateStep(run: TaskRun, turn: number): Promise<void> {
  const { state } = run.journal
  const { checks, expectsChange, allowsTestChanges } = contractOf(run)
  // What a check leaves behind is no work of the agent.
  const worked = state.turns.some((record) => record.endTree !== record.startTree)
  const workspace = await workspaceOf(run)
  const tree = await snapshotTree(run)
  const baseTree = startingTree(state) ?? tree
  const changes = await changedFiles(workspace, baseTree, tree)
  const tampering = await findTampering({ workspace, baseTree, tree, changes, checks })
  const { results, baseline, failedOn } = state
  const verdict = evaluateGate({
    checks,
    results,
    baseline,
    failedOn,
    tree,
    changes,
    tampering: [...tampering, ...(await repositoryFindings(run))],
    expectsChange,
    allowsTestChanges,
    worked,
  })
  await run.journal.append({ type: 'gate.evaluated', turn, tree, changes, ...verdict })
}

/** What happened to the person's repository; in the way of done where `--protect` names it. */
async function repositoryFindings(run: TaskRun): Promise<readonly Finding[]> {
  const { repository } = run.journal.state
  if (repository === null) return []
  const isProtected = pathTest(contractOf(run).protectedPaths)('.git')
  const findings = await compareRepository(repository)
  return findings.map((finding) => ({ ...finding, blocking: finding.blocking || isProtected }))
}
