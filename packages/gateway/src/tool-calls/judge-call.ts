import type { ToolCallEffects, ToolCallRuling } from '@agentproxy/plugin'
import type { Exchange } from '../exchange/exchange.ts'

interface Call {
  readonly tool: string
  readonly input: unknown
}

const ALLOWED: ToolCallRuling = { decision: 'allow', reason: '' }

/**
 * Asks who has a say in a tool call: `tool.call` handlers; for a task's call also the guards of the files it would write and
 * whoever answers `permission.request`. One no is enough.
 */
export async function judgeCall(
  { id: exchangeId, identity, live: { hooks } }: Exchange,
  call: Call,
): Promise<ToolCallRuling> {
  const ruling = (await hooks['tool.call']?.({ exchangeId, identity, ...call })) ?? ALLOWED
  const { taskId } = identity
  const { decision, effects } = ruling
  if (decision === 'deny') return ruling
  const answer =
    taskId === null || effects === undefined ? null : await askTask(hooks, { taskId, ...call, ...effects })
  if (answer !== null) return { ...ruling, ...answer }
  return decision === 'allow'
    ? ruling
    : { ...ruling, decision: 'deny', reason: `${ruling.reason} (nobody answered)` }
}

async function askTask(
  hooks: Exchange['live']['hooks'],
  request: Call & ToolCallEffects & { readonly taskId: string },
): Promise<Pick<ToolCallRuling, 'decision' | 'reason'> | null> {
  const guard = hooks['file.change']
  const operation = request.kind === 'delete' ? 'delete' : 'modify'
  for (const path of guard === null ? [] : request.paths) {
    const verdict = await guard?.({ taskId: request.taskId, path, operation, phase: 'before' })
    if (verdict?.blocked === true) return { decision: 'deny', reason: `${path}: ${verdict.reason}` }
  }
  const answer = await hooks['permission.request']?.(request)
  return answer ?? null
}
