import { randomUUID } from 'node:crypto'
import type { AgentPermissionRequest, PermissionAnswer, PermissionOption } from '@agentproxy/plugin'
import type { StandingAnswer } from '../../session/task-event.ts'
import { type TaskRun, contractOf } from '../task-run.ts'

/** What holds while an agent waits for its answer. */
export interface AskingTurn {
  readonly turn: number
  /** Aborted when the turn is over. */
  readonly signal: AbortSignal
}

/** Who decided, and what of it lasts. */
export interface Ruling extends PermissionAnswer {
  readonly by: string
  /** Of the request a person was asked; left out = nobody was. */
  readonly id?: string
  readonly standing?: StandingAnswer
}

/** All four, whatever the agent knows: what lasts is kept here, and the agent asks again. */
const OPTIONS: readonly PermissionOption[] = ['allow_once', 'allow_always', 'reject_once', 'reject_always']

const NOBODY =
  'nobody can be asked: there is no terminal and no service; run it with --approve auto, or allow this by a rule'

/** Asks the person who looks on, and waits. Nobody there, or no answer in time, is a no. */
export async function askPerson(
  run: TaskRun,
  { turn, signal }: AskingTurn,
  request: AgentPermissionRequest & { readonly text: string | null },
): Promise<Ruling> {
  if (!run.attended) {
    await run.journal.append({ type: 'notice', level: 'warn', text: `${request.title}: ${NOBODY}` })
    return { decision: 'deny', by: 'policy', reason: NOBODY }
  }
  const { tool, kind: toolKind, title, text, paths } = request
  const { answerMs } = contractOf(run)
  const id = randomUUID().slice(0, 8)
  const until = Date.now() + answerMs
  // Listening first: an answer may come before this process sees its own question in the log.
  const answered = run.inbox.next((order) => order.do === 'permit' && order.permission === id, {
    until,
    signal,
  })
  await run.journal.append({
    type: 'permission.requested',
    id,
    turn,
    tool,
    toolKind,
    title,
    text,
    paths,
    options: OPTIONS,
    until,
  })
  await run.journal.enter('waiting_permission')
  const order = await answered
  if (run.journal.state.permissions.every((open) => open.id === id)) await run.journal.enter('running')
  if (order?.do !== 'permit') {
    const reason = signal.aborted ? 'the turn is over' : `nobody answered within ${answerMs / 1000} s`
    return { decision: 'deny', by: 'policy', reason, id }
  }
  const decision = order.option.startsWith('allow') ? 'allow' : 'deny'
  const lasts = order.option.endsWith('always')
  return {
    decision,
    by: 'person',
    reason: lasts ? 'for the whole task' : 'this once',
    id,
    ...(lasts && { standing: { tool, toolKind, text, decision } }),
  }
}
