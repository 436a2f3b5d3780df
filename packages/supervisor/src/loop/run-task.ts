import type { TaskState } from '../session/task-event.ts'
import { type Action, decide } from '../session/decide.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { beginStep } from './steps/begin-step.ts'
import { checkStep } from './steps/check-step.ts'
import { finishStep } from './steps/finish-step.ts'
import { functionStep } from './steps/function-step.ts'
import { gateStep } from './steps/gate-step.ts'
import { openWorkspaceStep } from './steps/open-workspace-step.ts'
import { reasonStep } from './steps/reason-step.ts'
import { turnStep } from './steps/turn-step.ts'
import { waitStep } from './steps/wait-step.ts'
import type { TaskRun } from './task-run.ts'

/** Decides and acts until the task has ended. What a step throws ends the task as an internal error, resumable. */
export async function runTask(run: TaskRun): Promise<void> {
  for (;;) {
    await noteUsedUp(run)
    const action = decide(run.journal.state, Date.now(), run.limits)
    if (action.do === 'nothing') return
    try {
      await perform(run, run.signal.aborted && action.do !== 'finish' ? interrupted : action)
    } catch (error) {
      // An abort reaches waiting steps as a rejection; the next round ends the task.
      if (!run.signal.aborted || !isAbort(error)) await fail(run, error)
    }
  }
}

/** A refused model call is known to the gateway; the log must know it too, for the log is the task. */
async function noteUsedUp(run: TaskRun): Promise<void> {
  const { state } = run.journal
  if (state.usedUp !== null || state.end !== null) return
  const usedUp = run.models.budgetUsedUp?.(run.taskId) ?? null
  if (usedUp !== null) await run.journal.append({ type: 'budget.used-up', ...usedUp })
}

const interrupted: Action = {
  do: 'finish',
  outcome: 'cancelled',
  reason: 'interrupted',
  message: 'The task was interrupted. Resume it to go on.',
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

async function fail(run: TaskRun, error: unknown): Promise<void> {
  run.log.error('a step of the task failed', {
    taskId: run.taskId,
    error: error instanceof Error ? error.stack : String(error),
  })
  const known = SupervisorError.is(error)
    ? error.message
    : `Internal error: ${error instanceof Error ? error.message : String(error)}`
  try {
    await finishStep(run, { outcome: 'failed', reason: 'internal_error', message: known })
  } catch {
    // The log itself cannot be written: the first failure is what matters, and the session stays resumable.
    throw error
  }
}

async function perform(run: TaskRun, action: Action): Promise<void> {
  const state = stateDuring(action)
  if (state !== null) await run.journal.enter(state)
  switch (action.do) {
    case 'begin':
      return beginStep(run)
    case 'open-workspace':
      return openWorkspaceStep(run)
    case 'run-checks':
      return checkStep(run, action)
    case 'start-turn':
      return turnStep(run, action)
    case 'evaluate-gate':
      return gateStep(run, action.turn)
    case 'ask-reasoner':
      return reasonStep(run, action)
    case 'run-function':
      return functionStep(run, action)
    case 'wait':
      return waitStep(run)
    case 'finish':
      return finishStep(run, action)
    case 'nothing':
      return
    default:
      return action satisfies never
  }
}

const WAITING = { resume: 'paused', answer: 'waiting_input', limit: 'waiting_limit' } as const

function stateDuring(action: Action): TaskState | null {
  switch (action.do) {
    case 'begin':
    case 'open-workspace':
      return 'preparing'
    case 'run-checks':
      return action.phase === 'baseline' ? 'preparing' : 'verifying'
    case 'start-turn':
      return 'running'
    case 'evaluate-gate':
      return 'verifying'
    case 'ask-reasoner':
    case 'run-function':
      return 'running'
    case 'wait':
      return WAITING[action.for]
    case 'finish':
    case 'nothing':
      return null
    default:
      return action satisfies never
  }
}
