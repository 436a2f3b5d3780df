import { type Action, decide, needsInput } from '../../session/decide.ts'
import type { TaskRun } from '../task-run.ts'
import { finishStep } from './finish-step.ts'

/** Waits for a person or a moment. Where nobody is there to answer, the question ends the task, to be resumed. */
export async function waitStep(run: TaskRun): Promise<void> {
  const { journal, limits, inbox, signal } = run
  // Somebody may have spoken since this was decided.
  const action: Action = decide(journal.state, Date.now(), limits)
  if (action.do !== 'wait') return
  const { question } = journal.state
  if (action.for === 'answer' && question !== null && !run.attended)
    return finishStep(run, needsInput(question.question))
  await inbox.next(() => true, { until: action.until, signal })
}
