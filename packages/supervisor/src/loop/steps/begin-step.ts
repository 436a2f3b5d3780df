import { type TaskRun, contractOf } from '../task-run.ts'
import { finishStep } from './finish-step.ts'

/** Lets the `task.start` hooks see and change the task, or refuse it. */
export async function beginStep(run: TaskRun): Promise<void> {
  const contract = contractOf(run)
  const verdict = await run.host.live.hooks['task.start']?.({
    taskId: run.taskId,
    prompt: contract.objective,
    workingDir: contract.workingDir,
    agent: contract.agent,
    model: contract.model,
    checks: contract.checks,
    budgets: contract.budgets,
  })
  if (verdict?.blocked === true) {
    const message = `Task blocked by plugin ${verdict.plugin}: ${verdict.reason}`
    return finishStep(run, { outcome: 'blocked', reason: 'plugin', message })
  }
  const { prompt, workingDir, checks, budgets } = verdict?.payload ?? {
    ...contract,
    prompt: contract.objective,
  }
  await run.journal.append({
    type: 'task.started',
    contract: { ...contract, objective: prompt, workingDir, checks, budgets },
  })
}
