import { askPermission, relativePath, titleOf } from '@agentproxy/agent-kit'
import type { AgentPermissionRequest, AgentTurn, PermissionOption, ToolKind } from '@agentproxy/plugin'
import { field } from './normalise.ts'
import type { OpencodePermission } from './opencode-message.ts'
import type { OpencodeServer } from './start-server.ts'

const KINDS: Readonly<Record<string, ToolKind>> = {
  edit: 'edit',
  bash: 'execute',
  webfetch: 'fetch',
  read: 'read',
}
const REPLIES: Readonly<Record<PermissionOption, 'once' | 'always' | 'reject'>> = {
  allow_once: 'once',
  allow_always: 'always',
  reject_once: 'reject',
  reject_always: 'reject',
}

/** Answers what opencode asks. Its sub-agents ask through the same server. */
export async function answerPermission(
  turn: AgentTurn,
  server: OpencodeServer,
  asked: OpencodePermission,
): Promise<void> {
  const { option, reason } = await askPermission(turn, describe(turn, asked))
  const reply = REPLIES[option]
  // With a message the model is told why and goes on; without one opencode ends the turn.
  const body = reply === 'reject' ? { reply, message: reason } : { reply }
  const answer = await server.call('POST', `/permission/${asked.id}/reply`, body)
  if (answer.status !== 404) return
  // Before 1.1 there was only this.
  const older = `/session/${asked.sessionID}/permissions/${asked.id}`
  await server.call('POST', older, { response: reply })
}

function describe(turn: AgentTurn, asked: OpencodePermission): AgentPermissionRequest {
  const { permission: tool, metadata, patterns } = asked
  const kind = KINDS[tool] ?? 'other'
  const file = field(metadata, 'filepath')
  const files = file === null ? patterns : [file]
  const paths = kind === 'edit' ? files.map((path) => relativePath(path, turn.workingDir)) : []
  const subject = paths[0] ?? field(metadata, 'command') ?? patterns.join(', ')
  const verb = kind === 'execute' ? 'run' : tool
  const options: PermissionOption[] = ['allow_once', 'reject_once']
  if (asked.always.length > 0) options.push('allow_always')
  return { tool, kind, title: titleOf(verb, subject), input: { ...metadata, patterns }, paths, options }
}
