import type { HumanCheckSpec } from '@agentproxy/plugin'
import { type CheckOutcome, decided, notRun } from '../../gate/check-outcome.ts'
import type { TaskRun } from '../task-run.ts'
import { within } from '../within.ts'

/** Asks a person. Only a yes passes: silence, an empty line or nobody there do not. */
export async function askHuman(
  run: TaskRun,
  { question }: HumanCheckSpec,
  limitMs: number,
): Promise<CheckOutcome> {
  const { askPerson, signal } = run
  if (run.journal.state.turns.length === 0)
    return notRun('skipped', 'nothing has been done yet to ask about', null)
  if (askPerson === null) return notRun('skipped', 'nobody is there to answer', null)
  const startedAt = performance.now()
  const answer = await within({ limitMs, signal }, (ends) => askPerson(`${question} [y/N] `, ends)).catch(
    () => {
      signal.throwIfAborted()
      return null
    },
  )
  const durationMs = Math.round(performance.now() - startedAt)
  const said = answer?.trim() ?? ''
  if (said === '') return { ...notRun('skipped', 'nobody answered', null), durationMs }
  const yes = /^y(es)?$/i.test(said)
  return { ...decided(yes ? 'pass' : 'fail', `a person answered: ${said}`), durationMs, outputTail: said }
}
