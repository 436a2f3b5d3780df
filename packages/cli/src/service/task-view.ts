import type { SessionRecord, UsageTotals } from '@agentproxy/store'
import type { SessionState } from '@agentproxy/supervisor'

/** What a client sees of a task in a list. */
export function taskLine({ id, title, state, outcome, workingDir, agent, model, ...times }: SessionRecord) {
  const { createdAt, updatedAt } = times
  return { id, title, state, outcome, workingDir, agent, model, createdAt, updatedAt }
}

/** A whole task, as it is after the event `seq`. */
export function taskView(record: SessionRecord, state: SessionState, usage: UsageTotals) {
  const { seq, contract, turns, end, results, gate, question, permissions, messages, limitedUntil } = state
  return {
    ...taskLine(record),
    seq,
    task: contract?.objective ?? record.title,
    turns: turns.length,
    reason: end?.reason ?? null,
    message: end?.message ?? null,
    changes: end?.changes ?? gate?.changes ?? [],
    findings: end?.findings ?? gate?.findings ?? [],
    checks: Object.values(results),
    budgets: contract?.budgets ?? null,
    permissions,
    questions: question === null ? [] : [question],
    messages,
    limitedUntil,
    usage,
  }
}
