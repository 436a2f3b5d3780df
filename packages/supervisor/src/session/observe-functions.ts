import type { SessionState } from './session-state.ts'
import { withSubtask } from './subtask.ts'
import type { TaskEvent } from './task-event.ts'

type Of<Type extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: Type }>

/** Folds which function was chosen and what it did. */
export function functionActed(
  state: SessionState,
  event: Of<'decision.made' | 'function.finished' | 'subtask.changed' | 'review.finished'>,
): SessionState {
  switch (event.type) {
    case 'decision.made':
      return { ...state, decision: { function: event.function, arguments: event.arguments } }
    case 'function.finished':
      return functionFinished(state, event)
    case 'subtask.changed':
      return { ...state, subtasks: withSubtask(state.subtasks, event.subtask) }
    case 'review.finished':
      return reviewed(state, event)
  }
}

function functionFinished(state: SessionState, event: Of<'function.finished'>): SessionState {
  const done: SessionState = {
    ...state,
    decision: null,
    functions: [...state.functions, { name: event.function, ok: event.ok, result: event.result }],
  }
  const checkAgain: Partial<SessionState> = { gate: null, results: {}, rechecks: 0, markedDone: null }
  switch (event.function) {
    case 'send_to_agent':
      return event.ok ? { ...done, instruction: event.result } : done
    case 'run_check':
    case 'run_tests':
    case 'verify_product':
      return event.ok ? { ...done, ...checkAgain, results: without(done.results, event.recheck) } : done
    case 'rollback':
      if (!event.ok || event.tree === null) return done
      return { ...done, ...checkAgain, tree: event.tree, notes: [...done.notes, event.result] }
    case 'mark_done':
      if (event.ok) return { ...done, markedDone: event.tree }
      // Someone changed the files after the checks: what they proved is gone.
      if (event.tree !== null && event.tree !== state.gate?.tree)
        return { ...done, ...checkAgain, tree: event.tree }
      return { ...done, refusals: [...done.refusals, event.result] }
    default:
      return done
  }
}

/** Without names, as in older logs, nothing is left. */
function without(
  results: SessionState['results'],
  names: readonly string[] | undefined,
): SessionState['results'] {
  if (names === undefined) return {}
  return Object.fromEntries(Object.entries(results).filter(([name]) => !names.includes(name)))
}

function reviewed(state: SessionState, { tree, issues }: Of<'review.finished'>): SessionState {
  const told = issues
    .filter(({ severity }) => severity === 'blocking')
    .map(({ file, problem, suggestion }) =>
      `A review found: ${file === null ? '' : `${file}: `}${problem} ${suggestion}`.trim(),
    )
  return { ...state, review: { tree, issues }, notes: [...state.notes, ...told] }
}
