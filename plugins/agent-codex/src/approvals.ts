import { askPermission, titleOf } from '@agentproxy/agent-kit'
import type { AgentPermissionRequest, AgentTurn, PermissionOption } from '@agentproxy/plugin'
import { type CodexChange, type CommandApproval, commandApproval, fileApproval } from './codex-message.ts'
import { PATCH, SHELL, describeChanges, plainCommand } from './normalise.ts'

/** Answers what Codex asks. `changes` are those of each patch it announced, by item. null = unknown here. */
export async function answerRequest(
  turn: AgentTurn,
  changes: ReadonlyMap<string, readonly CodexChange[]>,
  asked: { readonly method: string; readonly params: unknown },
): Promise<object | null> {
  switch (asked.method) {
    case 'item/commandExecution/requestApproval': {
      const read = commandApproval.safeParse(asked.params)
      return read.success ? approveCommand(turn, read.data) : { decision: 'decline' }
    }
    case 'item/fileChange/requestApproval': {
      const itemId = fileApproval.safeParse(asked.params).data?.itemId
      const patch = itemId === undefined ? undefined : changes.get(itemId)
      // A patch too large for a line was announced unread: nobody can say what it would write.
      return patch === undefined ? { decision: 'decline' } : approvePatch(turn, patch)
    }
    case 'item/permissions/requestApproval':
      turn.emit({
        type: 'notice',
        level: 'warn',
        text: 'Codex asked to leave its sandbox; that was refused.',
      })
      return { permissions: {}, scope: 'turn' }
    case 'item/tool/requestUserInput':
      turn.emit({ type: 'notice', level: 'info', text: 'Codex asked a question; nobody is here to answer.' })
      return { answers: {} }
    case 'mcpServer/elicitation/request':
      return { action: 'decline', content: null, _meta: null }
    default:
      return null
  }
}

async function approveCommand(turn: AgentTurn, approval: CommandApproval): Promise<object> {
  const { cwd, reason, availableDecisions, proposedExecpolicyAmendment: amendment } = approval
  const command = plainCommand(approval.command ?? '')
  const lasting =
    availableDecisions?.includes('acceptForSession') === true || availableDecisions === undefined
      ? 'acceptForSession'
      : Array.isArray(amendment)
        ? { acceptWithExecpolicyAmendment: { execpolicy_amendment: amendment } }
        : null
  const option = await ask(turn, lasting !== null, {
    tool: SHELL,
    kind: 'execute',
    title: titleOf('run', command),
    input: { command, cwd: cwd ?? null, reason: reason ?? null },
    paths: [],
  })
  return { decision: option === 'allow_always' ? lasting : DECISIONS[option] }
}

async function approvePatch(turn: AgentTurn, patch: readonly CodexChange[]): Promise<object> {
  const described = describeChanges(patch, turn.workingDir)
  return { decision: DECISIONS[await ask(turn, true, { tool: PATCH, ...described })] }
}

const DECISIONS: Readonly<Record<PermissionOption, string>> = {
  allow_once: 'accept',
  allow_always: 'acceptForSession',
  reject_once: 'decline',
  reject_always: 'decline',
}

async function ask(
  turn: AgentTurn,
  lasting: boolean,
  request: AgentPermissionRequest,
): Promise<PermissionOption> {
  if (turn.allowedTools?.includes(request.tool) === true) return 'allow_once'
  const options: PermissionOption[] = ['allow_once', 'reject_once']
  if (lasting) options.push('allow_always')
  return (await askPermission(turn, { ...request, options })).option
}
