import { findingsPrompt, withNotes } from '../session/prompt.ts'
import type { Reasoner } from './reasoner.ts'

/** Decides without a model: proved results are done, anything else goes back to the agent with the evidence. */
export const rulesReasoner: Reasoner = {
  name: 'rules',
  decide({ state, context }) {
    const base = { reasoner: 'rules', notices: [] }
    if (state.gate?.accepted === true && state.refusals.length === 0) {
      const reason = 'Every required check passed on the files as they are.'
      return Promise.resolve({ ...base, function: 'mark_done', arguments: {}, reason })
    }
    const instruction = withNotes(findingsPrompt(state), context.notes, null)
    const problems = context.findings.length
    const reason = `${problems} ${problems === 1 ? 'problem stands' : 'problems stand'} between the result and done.`
    return Promise.resolve({ ...base, function: 'send_to_agent', arguments: { instruction }, reason })
  },
}
