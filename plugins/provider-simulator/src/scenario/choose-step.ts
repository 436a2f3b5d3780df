import type { Conversation } from '../conversation/conversation.ts'
import type { Conditions, Count, Scenario, Step } from './scenario.ts'

/** The first step whose conditions all hold; null when the scenario has no answer to this. */
export function chooseStep(scenario: Scenario, conversation: Conversation): Step | null {
  return scenario.steps.find((step) => holds(step.when, conversation)) ?? null
}

function holds(when: Conditions, conversation: Conversation): boolean {
  const last = conversation.results.at(-1)
  return (
    counts(when.toolResults, conversation.results.length) &&
    counts(when.turn, conversation.turn) &&
    counts(when.request, conversation.request) &&
    matches(when.text, conversation.userText) &&
    matches(when.lastTool, last?.tool) &&
    matches(when.lastToolResult, last?.text) &&
    (when.lastToolFailed === undefined || when.lastToolFailed === last?.failed) &&
    (when.called === undefined || conversation.calledTools.some((name) => matches(when.called, name)))
  )
}

function counts(wanted: Count | undefined, actual: number): boolean {
  if (wanted === undefined) return true
  if (typeof wanted === 'number') return actual === wanted
  return actual >= (wanted.atLeast ?? 0) && actual <= (wanted.atMost ?? Infinity)
}

function matches(pattern: RegExp | undefined, text: string | undefined): boolean {
  return pattern === undefined || (text !== undefined && pattern.test(text))
}
