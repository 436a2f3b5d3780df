import { randomUUID } from 'node:crypto'
import type { CheckResult } from '@agentproxy/plugin'
import { judge } from '../../gate/judge.ts'
import { allowedEnvironment } from '../../process/environment.ts'
import { type CommandResult, runCommand } from '../../process/run-command.ts'
import { traceParent } from '../../process/trace-parent.ts'
import type { Action } from '../../session/decide.ts'
import { remainingMs } from '../../session/decide.ts'
import { type TaskRun, outputFile, snapshotTree, workspaceOf } from '../task-run.ts'

// Characters of output kept in a result and shown to the agent.
const TAIL_CHARACTERS = 8 * 1024

type CheckAction = Extract<Action, { readonly do: 'run-check' }>

/** Runs one check on the files as they are and keeps what it showed. */
export async function checkStep(run: TaskRun, action: CheckAction): Promise<void> {
  const { check, phase, turn } = action
  const treeHash = await snapshotTree(run)
  const verdict = await run.host.live.hooks['check.before']?.({
    taskId: run.taskId,
    check: check.name,
    command: check.command,
    timeoutMs: check.timeoutMs,
  })
  if (verdict?.blocked === true) {
    const reason = `blocked by plugin ${verdict.plugin}: ${verdict.reason}`
    return record(run, action, { ...notRun(action, treeHash), verdict: 'skipped', reason })
  }
  const { command, timeoutMs } = verdict?.payload ?? check
  const file = outputFile(run, `${phase}-${turn}-${check.name}`)
  await run.journal.append({ type: 'check.started', phase, turn, check: check.name, command })
  const limitMs = Math.max(1, Math.min(timeoutMs, remainingMs(run.journal.state, Date.now())))
  const outcome = await runMarked(run, {
    command,
    file,
    timeoutMs: limitMs,
    step: `${phase}-${turn}-${check.name}`,
  })
  // Stopped by us: the result says nothing, a later run asks again.
  if (run.signal.aborted) return
  const judged = judge({ ...outcome, exitCode: outcome.code, timeoutMs: limitMs })
  await record(run, action, {
    ...notRun(action, treeHash),
    ...judged,
    command,
    exitCode: outcome.code,
    outputTail: outcome.output.slice(-TAIL_CHARACTERS),
    outputFile: file,
    durationMs: outcome.durationMs,
  })
}

interface MarkedCommand {
  readonly command: string
  readonly file: string
  readonly timeoutMs: number
  readonly step: string
}

async function runMarked(
  run: TaskRun,
  { command, file, timeoutMs, step }: MarkedCommand,
): Promise<CommandResult> {
  const marker = randomUUID()
  const { dir } = await workspaceOf(run)
  await run.journal.append({ type: 'process.starting', marker, what: `check ${command}` })
  return runCommand({
    command,
    cwd: dir,
    env: { ...allowedEnvironment(run.env), TRACEPARENT: traceParent(run.taskId, step) },
    marker,
    outputFile: file,
    timeoutMs,
    graceMs: run.graceMs,
    signal: run.signal,
  })
}

function notRun({ check }: CheckAction, treeHash: string): Omit<CheckResult, 'verdict' | 'reason'> {
  const { name, required, command } = check
  const empty = { exitCode: null, outputTail: '', outputFile: null, durationMs: 0, tests: null }
  return { check: name, required, command, treeHash, ...empty }
}

async function record(run: TaskRun, { phase, turn, check }: CheckAction, result: CheckResult): Promise<void> {
  await run.store.evidence.add(run.lease, {
    id: randomUUID(),
    turn,
    phase,
    check: check.name,
    verdict: result.verdict,
    treeHash: result.treeHash,
    body: result,
  })
  await run.journal.append({ type: 'check.finished', phase, turn, result })
  void run.host.live.hooks['check.after']?.({ taskId: run.taskId, result })
}
