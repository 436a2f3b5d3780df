import { relativePath, titleOf } from '@agentproxy/agent-kit'
import type { AgentEvent, PlanEntry, ToolKind } from '@agentproxy/plugin'
import type { OpencodePart } from './opencode-message.ts'

const KINDS: Readonly<Record<string, ToolKind>> = {
  read: 'read',
  list: 'read',
  write: 'edit',
  edit: 'edit',
  multiedit: 'edit',
  apply_patch: 'edit',
  patch: 'edit',
  bash: 'execute',
  glob: 'search',
  grep: 'search',
  codesearch: 'search',
  webfetch: 'fetch',
  websearch: 'fetch',
  todowrite: 'think',
  todoread: 'think',
}

/** A call of one of opencode's tools. */
export function toolCall(part: Extract<OpencodePart, { type: 'tool' }>, workingDir: string): AgentEvent {
  const input: unknown = 'input' in part.state ? part.state.input : null
  const kind = KINDS[part.tool] ?? 'other'
  const file = field(input, 'filePath')
  const path = file === null ? null : relativePath(file, workingDir)
  const subject = path ?? field(input, 'command') ?? field(input, 'pattern') ?? field(input, 'url')
  const verb = kind === 'execute' ? 'run' : kind === 'other' || kind === 'think' ? part.tool : kind
  return {
    type: 'tool_call',
    id: part.callID,
    name: part.tool,
    kind,
    title: titleOf(verb, subject),
    input,
    paths: path === null ? [] : [path],
  }
}

/** The words of a finished part. */
export function spoken(part: Extract<OpencodePart, { type: 'text' | 'reasoning' }>): readonly AgentEvent[] {
  if (part.text.trim() === '') return []
  return [{ type: part.type === 'text' ? 'text' : 'thought', text: part.text }]
}

export function planEntries(todos: readonly { content: string; status: string }[]): readonly PlanEntry[] {
  return todos
    .filter(({ status }) => status !== 'cancelled')
    .map(({ content, status }) => ({ text: content, status: planStatus(status) }))
}

function planStatus(status: string): PlanEntry['status'] {
  return status === 'in_progress' || status === 'completed' ? status : 'pending'
}

/** A text field of a tool's input; null when there is none. */
export function field(input: unknown, name: string): string | null {
  if (typeof input !== 'object' || input === null) return null
  const value: unknown = Reflect.get(input, name)
  return typeof value === 'string' && value !== '' ? value : null
}
