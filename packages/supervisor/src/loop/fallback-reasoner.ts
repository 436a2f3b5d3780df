import { z } from 'zod'
import { validateCall } from '../functions/registry.ts'
import type { ReasonRequest, ReasonedDecision, Reasoner } from './reasoner.ts'
import { rulesReasoner } from './rules-reasoner.ts'

// Useless or missing answers in a row before the rules decide for the rest of the run.
const BREAKER = 3

/** What somebody wants to do next, checked, or why that cannot be done. */
export type Proposal =
  | { readonly ok: true; readonly decision: Pick<ReasonedDecision, 'function' | 'arguments' | 'reason'> }
  | { readonly ok: false; readonly problem: string }

/** Somebody whose decisions may be useless or late. */
export interface Proposer {
  /** As logged with its decisions. */
  readonly name: string
  /** Who it is, at the start of a sentence. */
  readonly title: string
  /** Never rejects but for an abort. */
  propose(request: ReasonRequest): Promise<Proposal>
}

/** Decides as proposed; where nothing usable is proposed the rules decide, and after three times in a row only they do. */
export class FallbackReasoner implements Reasoner {
  readonly name: string
  readonly #proposer: Proposer
  #failures = 0

  constructor(proposer: Proposer) {
    this.name = proposer.name
    this.#proposer = proposer
  }

  async decide(request: ReasonRequest): Promise<ReasonedDecision> {
    if (this.#failures >= BREAKER) return rulesReasoner.decide(request)
    const proposal = await this.#proposer.propose(request)
    if (proposal.ok) {
      this.#failures = 0
      return { ...proposal.decision, reasoner: this.name, notices: [] }
    }
    this.#failures++
    return this.#withoutProposal(request, proposal.problem)
  }

  // What the rules would do, except that a missing answer is never taken for consent to be done.
  async #withoutProposal(request: ReasonRequest, problem: string): Promise<ReasonedDecision> {
    const { title } = this.#proposer
    const over = this.#failures >= BREAKER
    const then = over ? ' The rules decide from here on.' : ''
    const notices = [`${title} gave no usable decision: ${problem}${then}`]
    const ruled = await rulesReasoner.decide(request)
    if (ruled.function !== 'mark_done' || over) return { ...ruled, notices }
    const reason = `${title} is asked again.`
    return { reasoner: ruled.reasoner, function: 'no_op', arguments: {}, reason, notices }
  }
}

const decisionSchema = z.object({
  function: z.string(),
  arguments: z.record(z.string(), z.unknown()).default({}),
  reason: z.string().default(''),
})

/** Reads a decision as a model or a plugin gave it. */
export function readProposal(value: unknown): Proposal {
  const parsed = decisionSchema.safeParse(value)
  if (!parsed.success)
    return { ok: false, problem: `the answer is not a decision (${z.prettifyError(parsed.error)})` }
  const { function: name, arguments: args, reason } = parsed.data
  const call = validateCall(name, args)
  if (!call.ok) return { ok: false, problem: call.problem }
  return { ok: true, decision: { function: call.function.name, arguments: call.arguments, reason } }
}
