import { askPermission, sendJson } from '@agentproxy/agent-kit'
import type { AgentPermissionAnswer, AgentProcess, AgentTurn, PermissionOption } from '@agentproxy/plugin'
import type { ClaudeControlRequest } from './claude-message.ts'
import { describeTool } from './tool-names.ts'

const REQUEST_START = /^\{"type":"control_request","request_id":"([^"]+)"/

type ToolRequest = Extract<ClaudeControlRequest['request'], { subtype: 'can_use_tool' }>

/** Answers what Claude Code asks: whether it may use a tool. */
export async function answerRequest(
  turn: AgentTurn,
  child: AgentProcess,
  message: ClaudeControlRequest,
): Promise<void> {
  const { request, request_id: id } = message
  if (request.subtype === 'unknown') {
    const error = `agentproxy does not answer requests of the kind ${request.named}`
    sendJson(child, { type: 'control_response', response: { subtype: 'error', request_id: id, error } })
    return
  }
  if (request.tool_name === 'AskUserQuestion') {
    const reason = 'Nobody is here to answer. Decide yourself and say what you assumed.'
    respond(child, id, { behavior: 'deny', message: reason })
    return
  }
  respond(child, id, behaviour(request, await ask(turn, request)))
}

async function ask(turn: AgentTurn, request: ToolRequest): Promise<AgentPermissionAnswer> {
  const { tool_name: tool, input } = request
  const described = describeTool(tool, input, turn.workingDir)
  const paths = described.kind === 'edit' ? described.paths : []
  const lasting = (request.permission_suggestions ?? []).length > 0
  const options: readonly PermissionOption[] = [
    'allow_once',
    'reject_once',
    ...(lasting ? ['allow_always' as const] : []),
  ]
  return askPermission(turn, { tool, input, ...described, paths, options })
}

function behaviour(request: ToolRequest, answer: AgentPermissionAnswer): object {
  switch (answer.option) {
    case 'allow_once':
      return { behavior: 'allow', updatedInput: request.input }
    case 'allow_always':
      return {
        behavior: 'allow',
        updatedInput: request.input,
        updatedPermissions: request.permission_suggestions,
      }
    case 'reject_once':
    case 'reject_always':
      return { behavior: 'deny', message: answer.reason }
  }
}

/** A request that was too long for a line and lost its end must be answered all the same, or both sides would wait. */
export function refuseCutRequest(child: AgentProcess, line: string): void {
  const id = REQUEST_START.exec(line)?.[1]
  if (id === undefined) return
  const message = 'The request was too large to be checked; use smaller steps.'
  respond(child, id, { behavior: 'deny', message })
}

function respond(child: AgentProcess, id: string, response: unknown): void {
  sendJson(child, { type: 'control_response', response: { subtype: 'success', request_id: id, response } })
}
