import { randomUUID } from 'node:crypto'
import type { CheckBefore } from '@agentproxy/plugin'
import type { Action } from '../../session/decide.ts'
import { remainingMs } from '../../session/decide.ts'
import { type CheckOutcome, notRun } from '../checks/check-outcome.ts'
import { runCommandCheck } from '../checks/run-command-check.ts'
import { runPluginCheck } from '../checks/run-plugin-check.ts'
import { type TaskRun, outputFile, snapshotTree } from '../task-run.ts'

type CheckAction = Extract<Action, { readonly do: 'run-check' }>

/** Runs one check on the files as they are and keeps what it showed. */
export async function checkStep(run: TaskRun, action: CheckAction): Promise<void> {
  const { check, phase, turn } = action
  const tree = await snapshotTree(run)
  const before: CheckBefore = {
    taskId: run.taskId,
    check: check.name,
    command: check.kind === 'command' ? check.command : null,
    timeoutMs: check.timeoutMs,
  }
  const verdict = await run.host.live.hooks['check.before']?.(before)
  if (verdict?.blocked === true) {
    const reason = `blocked by plugin ${verdict.plugin}: ${verdict.reason}`
    return record(run, { action, tree }, notRun('skipped', reason, before.command))
  }
  const { command, timeoutMs } = verdict?.payload ?? before
  const step = `${phase}-${turn}-${check.name}`
  const limitMs = Math.max(1, Math.min(timeoutMs, remainingMs(run.journal.state, Date.now())))
  const file = outputFile(run, step)
  await run.journal.append({ type: 'check.started', phase, turn, check: check.name, command })
  const outcome = await perform(run, { action, tree, command, limitMs, step, file })
  // Stopped by us: the result says nothing, a later run asks again.
  if (run.signal.aborted) return
  await record(run, { action, tree }, outcome)
}

interface Order {
  readonly action: CheckAction
  readonly tree: string
  /** As the `check.before` hooks left it. */
  readonly command: string | null
  readonly limitMs: number
  readonly step: string
  readonly file: string
}

async function perform(run: TaskRun, order: Order): Promise<CheckOutcome> {
  const { check, phase } = order.action
  const { command } = order
  if (check.kind === 'plugin' && command === null)
    return runPluginCheck(run, { ...order, check, baseline: phase === 'baseline' })
  if (check.kind === 'command' && command !== null) return runCommandCheck(run, { ...order, command })
  // One check in the place of another would prove something else under its name.
  const wanted =
    command === null ? 'took its command away' : 'gave it a command, which a plugin check has not'
  return notRun('error', `a plugin listening to check.before ${wanted}`, command)
}

interface Checked {
  readonly action: CheckAction
  /** The tree it ran on. */
  readonly tree: string
}

async function record(run: TaskRun, { action, tree }: Checked, outcome: CheckOutcome): Promise<void> {
  const { check, phase, turn } = action
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
