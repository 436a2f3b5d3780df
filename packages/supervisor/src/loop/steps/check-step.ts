import { randomUUID } from 'node:crypto'
import type { CheckBefore, CheckSpec } from '@agentproxy/plugin'
import { type CheckOutcome, notRun } from '../../gate/check-outcome.ts'
import { isLocal, performCheck } from '../../gate/perform/perform-check.ts'
import type { Action } from '../../session/decide.ts'
import { remainingMs } from '../../session/decide.ts'
import { askHuman } from '../checks/ask-human.ts'
import { runDiffRule } from '../checks/run-diff-rule.ts'
import { runJudge } from '../checks/run-judge.ts'
import { runPluginCheck } from '../checks/run-plugin-check.ts'
import { taskSurroundings } from '../checks/task-surroundings.ts'
import { runAgain } from '../checks/run-again.ts'
import { type TaskRun, outputFile, snapshotTree } from '../task-run.ts'

type CheckAction = Extract<Action, { readonly do: 'run-checks' }>

/** Runs checks on the files as they are, beside each other if there are several, and keeps what they showed. */
export async function checkStep(run: TaskRun, { checks, phase, turn }: CheckAction): Promise<void> {
  const tree = await snapshotTree(run)
  const done = await Promise.allSettled(checks.map((check) => runOne(run, { check, phase, turn, tree })))
  for (const one of done) if (one.status === 'rejected') throw one.reason
}

/** One check, when it runs, and the tree it runs on. */
interface Checking extends Pick<CheckAction, 'phase' | 'turn'> {
  readonly check: CheckSpec
  readonly tree: string
}

async function runOne(run: TaskRun, checking: Checking): Promise<void> {
  const { check, phase, turn } = checking
  const before: CheckBefore = {
    taskId: run.taskId,
    check: check.name,
    command: check.kind === 'command' ? check.command : null,
    timeoutMs: check.timeoutMs,
  }
  const verdict = await run.host.live.hooks['check.before']?.(before)
  if (verdict?.blocked === true) {
    const reason = `blocked by plugin ${verdict.plugin}: ${verdict.reason}`
    return record(run, checking, notRun('skipped', reason, before.command))
  }
  const { command, timeoutMs } = verdict?.payload ?? before
  const asked = asHooksLeftIt(check, command)
  if (asked === null) {
    const wanted =
      command === null ? 'took its command away' : `gave it a command, which a ${check.kind} check has not`
    return record(run, checking, notRun('error', `a plugin listening to check.before ${wanted}`, command))
  }
  await run.journal.append({ type: 'check.started', phase, turn, check: check.name, command })
  const outcome = await runAgain(check, phase, () => perform(run, { ...checking, check: asked }, timeoutMs))
  // Stopped by us: the result says nothing, a later run asks again.
  if (run.signal.aborted) return
  await record(run, checking, outcome)
}

// One check in the place of another would prove something else under its name.
function asHooksLeftIt(check: CheckSpec, command: string | null): CheckSpec | null {
  if (check.kind !== 'command') return command === null ? check : null
  return command === null ? null : { ...check, command }
}

async function perform(
  run: TaskRun,
  { check, phase, turn, tree }: Checking,
  timeoutMs: number,
): Promise<CheckOutcome> {
  const limitMs = Math.max(1, Math.min(timeoutMs, remainingMs(run.journal.state, Date.now())))
  const step = `${phase}-${turn}-${check.name}`
  const file = outputFile(run, step)
  if (isLocal(check)) return performCheck(check, await taskSurroundings(run, { file, limitMs, step }))
  switch (check.kind) {
    case 'diff-rule':
      return runDiffRule(run, check, tree)
    case 'judge':
      return runJudge(run, check, { tree, file, limitMs })
    case 'human':
      return askHuman(run, check, limitMs)
    case 'plugin':
      return runPluginCheck(run, { check, tree, file, limitMs, baseline: phase === 'baseline' })
  }
}

async function record(
  run: TaskRun,
  { check, phase, turn, tree }: Checking,
  outcome: CheckOutcome,
): Promise<void> {
  const result = { check: check.name, required: check.required, treeHash: tree, ...outcome }
  await run.store.evidence.add(run.lease, {
    id: randomUUID(),
    turn,
    phase,
    check: check.name,
    verdict: result.verdict,
    treeHash: tree,
    body: result,
  })
  await run.journal.append({ type: 'check.finished', phase, turn, result })
  void run.host.live.hooks['check.after']?.({ taskId: run.taskId, result })
}
