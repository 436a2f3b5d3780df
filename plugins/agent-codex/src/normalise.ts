import { relativePath, titleOf } from '@agentproxy/agent-kit'
import type { AgentEvent, AgentState, ToolKind } from '@agentproxy/plugin'
import type { CodexChange, CodexItem, CodexNotification } from './codex-message.ts'

/** The names that Codex's own tools have in permissions and events. */
export const SHELL = 'shell'
export const PATCH = 'apply_patch'

/** What a notification means for those who watch the task. Usage is added up elsewhere. */
export function normalise(notification: CodexNotification, workingDir: string): readonly AgentEvent[] {
  const { method, params } = notification
  switch (method) {
    case 'item/started':
      return started(params.item, workingDir)
    case 'item/completed':
      return completed(params.item)
    case 'turn/plan/updated': {
      const entries = params.plan.map(({ step, status }) => ({
        text: step,
        status: status === 'inProgress' ? ('in_progress' as const) : status,
      }))
      return [{ type: 'plan', entries }]
    }
    case 'thread/status/changed':
      return [{ type: 'state', state: stateOf(params.status) }]
    case 'error':
      return params.willRetry
        ? [
            { type: 'state', state: 'retrying' },
            { type: 'notice', level: 'warn', text: params.error.message },
          ]
        : []
    case 'warning':
      return [{ type: 'notice', level: 'info', text: params.message }]
    case 'item/fileChange/patchUpdated':
    case 'thread/tokenUsage/updated':
    case 'turn/completed':
      return []
  }
}

function stateOf({
  type,
  activeFlags = [],
}: {
  type: string
  activeFlags?: readonly string[] | undefined
}): AgentState {
  if (type !== 'active') return 'idle'
  return activeFlags.length > 0 ? 'waiting' : 'busy'
}

function started(item: CodexItem, workingDir: string): readonly AgentEvent[] {
  switch (item.type) {
    case 'commandExecution': {
      const command = plainCommand(item.command)
      const call = { id: item.id, name: SHELL, kind: 'execute', input: { command }, paths: [] } as const
      return [{ type: 'tool_call', ...call, title: titleOf('run', command) }]
    }
    case 'fileChange':
      return [{ type: 'tool_call', id: item.id, name: PATCH, ...describeChanges(item.changes, workingDir) }]
    case 'mcpToolCall': {
      const name = `${item.server}.${item.tool}`
      const call = { id: item.id, name, kind: 'other', title: name, paths: [] } as const
      return [{ type: 'tool_call', ...call, input: item.arguments }]
    }
    case 'contextCompaction':
      return [{ type: 'state', state: 'compacting' }]
    case 'agentMessage':
    case 'reasoning':
    case 'other':
      return []
  }
}

function completed(item: CodexItem): readonly AgentEvent[] {
  switch (item.type) {
    case 'agentMessage':
      return item.text.trim() === '' ? [] : [{ type: 'text', text: item.text }]
    case 'reasoning': {
      const text = [...item.summary, ...item.content].join('\n').trim()
      return text === '' ? [] : [{ type: 'thought', text }]
    }
    case 'commandExecution': {
      const ok = item.status === 'completed' && (item.exitCode ?? 0) === 0
      const output = item.aggregatedOutput ?? (ok ? '' : item.status)
      return [{ type: 'tool_result', id: item.id, ok, output }]
    }
    case 'fileChange':
      return [{ type: 'tool_result', id: item.id, ok: item.status === 'completed', output: item.status }]
    case 'mcpToolCall': {
      const output = item.error?.message ?? item.status
      return [{ type: 'tool_result', id: item.id, ok: item.status === 'completed', output }]
    }
    case 'contextCompaction':
      return [{ type: 'notice', level: 'info', text: 'Codex shortened the conversation to make room.' }]
    case 'other':
      return []
  }
}

/** Codex shows a command as the shell is started: `/bin/bash -lc 'npm test'`. */
export function plainCommand(command: string): string {
  const quoted = /^\S*\/(?:ba|z)?sh -l?c '([\s\S]*)'$/.exec(command)?.[1]
  if (quoted !== undefined) return quoted.replaceAll(`'\\''`, "'")
  return /^\S*\/(?:ba|z)?sh -l?c (\S+)$/.exec(command)?.[1] ?? command
}

export interface DescribedChanges {
  readonly kind: ToolKind
  readonly title: string
  readonly paths: readonly string[]
  readonly input: unknown
}

/** What a patch is about. */
export function describeChanges(changes: readonly CodexChange[], workingDir: string): DescribedChanges {
  const paths = changes.map(({ path }) => relativePath(path, workingDir))
  const deletes = changes.length > 0 && changes.every(({ kind }) => kind.type === 'delete')
  const kind = deletes ? 'delete' : 'edit'
  return { kind, title: titleOf(kind, paths.join(', ')), paths, input: { changes } }
}
