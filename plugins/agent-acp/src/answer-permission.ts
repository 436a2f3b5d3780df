import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk'
import { askPermission } from '@agentproxy/agent-kit'
import type { AgentTurn, PermissionOption } from '@agentproxy/plugin'
import { describeTool } from './describe-tool.ts'
import { toolCall as toolCallSchema } from './session-update.ts'
import type { SessionUpdates } from './session-updates.ts'
import type { WorkspaceFiles } from './workspace-files.ts'

/** Answers `session/request_permission` with one of the options the agent gave. */
export async function answerPermission(
  turn: AgentTurn,
  { updates, files }: { readonly updates: SessionUpdates; readonly files: WorkspaceFiles },
  { toolCall, options }: RequestPermissionRequest,
): Promise<RequestPermissionResponse> {
  const {
    name: tool,
    kind,
    title,
    input,
    paths,
  } = describeTool(updates.announce(toolCallSchema.parse(toolCall)), turn.workingDir)
  const changes = kind === 'edit' || kind === 'delete' ? paths : []
  const answer = turn.allowedTools?.includes(tool)
    ? ({ decision: 'allow', option: 'allow_once' } as const)
    : await askPermission(turn, {
        tool,
        kind,
        title,
        input,
        paths: changes,
        options: options.map((option) => option.kind),
      })
  // After a cancel the protocol wants this and no other answer.
  if (turn.signal.aborted) return { outcome: { outcome: 'cancelled' } }
  if (answer.decision === 'allow') files.allow(changes)
  const wanted = [answer.option, OTHERWISE[answer.option]]
  const chosen = wanted.map((word) => options.find((option) => option.kind === word)).find(Boolean)
  if (chosen === undefined) return { outcome: { outcome: 'cancelled' } }
  return { outcome: { outcome: 'selected', optionId: chosen.optionId } }
}

/** Where an agent offers no such answer, the other of the same decision. */
const OTHERWISE: Readonly<Record<PermissionOption, PermissionOption>> = {
  allow_once: 'allow_always',
  allow_always: 'allow_once',
  reject_once: 'reject_always',
  reject_always: 'reject_once',
}
