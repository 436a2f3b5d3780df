import type { CheckSpec } from '@agentproxy/plugin'
import { findApplicable } from '../checks/plugin-checks.ts'
import { type TaskRun, contractOf } from '../task-run.ts'
import { finishStep } from './finish-step.ts'

/** Lets the `task.start` hooks see and change the task, or refuse it, and adds the checks of plugins. */
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
  const { prompt, workingDir, budgets, ...asked } = verdict?.payload ?? {
    ...contract,
    prompt: contract.objective,
  }
  const added = await findApplicable(run, { taskId: run.taskId, prompt, workingDir })
  for (const text of added.notices) await run.journal.append({ type: 'notice', level: 'warn', text })
  const checks = [...asked.checks, ...added.checks]
  const problem = problemOf(checks, contract.checksFrom)
  if (problem !== null) return finishStep(run, { outcome: 'failed', ...problem })
  await run.journal.append({
    type: 'task.started',
    contract: {
      ...contract,
      objective: prompt,
      workingDir,
      checks,
      budgets: { ...contract.budgets, ...budgets },
    },
  })
}

function problemOf(
  checks: readonly CheckSpec[],
  from: 'flags' | 'file' | 'detected' | 'none',
): { readonly reason: string; readonly message: string } | null {
  const names = checks.map((check) => check.name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) {
    // Evidence is kept by name: one would pass for the other.
    return { reason: 'checks_invalid', message: `Two checks are named ${twice}. Give each its own name.` }
  }
  if (from !== 'none' || checks.some((check) => check.required)) return null
  const message = 'No check was given and no plugin has one for this task, so nothing would prove it done.'
  return { reason: 'no_checks', message: `${message} Give one with --check.` }
}
