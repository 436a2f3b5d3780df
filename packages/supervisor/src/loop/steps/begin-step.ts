import type { CheckSpec } from '@agentproxy/plugin'
import { type AskedTask, findApplicable } from '../checks/plugin-checks.ts'
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
  const checks = await chooseChecks(run, asked.checks, { taskId: run.taskId, prompt, workingDir })
  const problem = contract.verifies === false ? null : problemOf(checks, contract.checksFrom)
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

/** The checks asked for and those of plugins, without what the task does without. */
async function chooseChecks(
  run: TaskRun,
  asked: readonly CheckSpec[],
  task: AskedTask,
): Promise<readonly CheckSpec[]> {
  const { verifies, reviews } = contractOf(run)
  const warn = (text: string) => run.journal.append({ type: 'notice', level: 'warn', text })
  if (verifies === false) {
    await warn('No check will run, as was asked: the result will not count as verified.')
    return []
  }
  const added = await findApplicable(run, task)
  for (const text of added.notices) await warn(text)
  const all = [...asked, ...added.checks]
  const leftOut = reviews === false ? all.filter((check) => check.kind === 'judge') : []
  if (leftOut.length === 0) return all
  await warn(`Left out, as was asked: ${leftOut.map((check) => check.name).join(', ')}.`)
  return all.filter((check) => check.kind !== 'judge')
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
