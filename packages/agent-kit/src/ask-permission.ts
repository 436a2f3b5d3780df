import type { AgentPermissionAnswer, AgentPermissionRequest, AgentTurn } from '@agentproxy/plugin'

/** Asks the host; where that fails the answer is no. */
export async function askPermission(
  turn: AgentTurn,
  request: AgentPermissionRequest,
): Promise<AgentPermissionAnswer> {
  try {
    return await turn.requestPermission(request)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { decision: 'deny', option: 'reject_once', reason: `permission could not be asked: ${why}` }
  }
}
