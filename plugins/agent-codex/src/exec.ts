import {
  attended,
  cancelled,
  endAfterAbort,
  endedEarly,
  endWithin,
  failed,
  Garbage,
  titleOf,
} from '@agentproxy/agent-kit'
import type { AgentEvent, AgentProcess, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { readExecEvent, type ExecEvent, type ExecItem } from './exec-message.ts'
import { describeChanges, PATCH, plainCommand, SHELL } from './normalise.ts'
import { readable } from './turn-ending.ts'

const END_GRACE_MS = 5000

/** Runs one turn through `codex exec --json`, which every version has. It asks nobody. */
export async function runExec(
  turn: AgentTurn,
  { command, env }: { readonly command: string; readonly env: Readonly<Record<string, string>> },
): Promise<AgentTurnResult> {
  const resume = turn.conversationId === null ? [] : ['resume', turn.conversationId]
  const pictures = turn.images.flatMap(({ path }) => ['--image', path])
  const args = ['exec', '--json', '--skip-git-repo-check', ...resume, ...pictures, '-']
  const child = turn.spawn({ command, args, env, stdin: 'open' })
  endAfterAbort(turn, child)
  // The prompt goes in on standard input, where nobody reads along; left open, Codex would wait for more of it.
  child.writeLine(turn.prompt)
  child.endInput()
  const onAbort = (): void => void child.stop(END_GRACE_MS)
  const said = await attended(turn, { onAbort }, () => listen(turn, child))
  await endWithin(child, END_GRACE_MS)
  const { threadId, ending, words } = said
  if (turn.signal.aborted) return cancelled(threadId)
  if (ending === null) return endedEarly('Codex', threadId, await child.exit)
  if (ending.type === 'turn.completed')
    return { stopReason: 'end_turn', message: words, error: null, conversationId: threadId }
  // It says no more of the cause than its words.
  return failed(threadId, { code: 'model', message: readable(ending.error.message), retryable: true })
}

interface Said {
  readonly threadId: string | null
  readonly ending: Extract<ExecEvent, { type: 'turn.completed' | 'turn.failed' }> | null
  readonly words: string
}

async function listen(turn: AgentTurn, child: AgentProcess): Promise<Said> {
  const garbage = new Garbage(turn, 'Codex')
  let threadId = turn.conversationId
  let words = ''
  for await (const line of child.lines) {
    if (line.trim() === '') continue
    const event = readExecEvent(line)
    if (event === null) {
      garbage.add(line)
      continue
    }
    for (const shown of eventsOf(event, turn.workingDir)) turn.emit(shown)
    if (event.type === 'thread.started' && event.thread_id !== threadId) {
      threadId = event.thread_id
      turn.emit({ type: 'conversation', id: threadId })
    }
    if (event.type === 'item.completed' && event.item.type === 'agent_message') words = event.item.text
    if (event.type === 'turn.completed' || event.type === 'turn.failed')
      return { threadId, ending: event, words }
  }
  return { threadId, ending: null, words }
}

function eventsOf(event: ExecEvent, workingDir: string): readonly AgentEvent[] {
  switch (event.type) {
    case 'item.started':
      return started(event.item, workingDir)
    case 'item.completed':
      return completed(event.item)
    case 'error':
      return [{ type: 'notice', level: 'warn', text: readable(event.message) }]
    case 'turn.completed':
      return [
        {
          type: 'usage',
          inputTokens: event.usage.input_tokens,
          outputTokens: event.usage.output_tokens,
          costUsd: null,
        },
      ]
    case 'thread.started':
    case 'turn.failed':
    case 'ignored':
      return []
  }
}

function started(item: ExecItem, workingDir: string): readonly AgentEvent[] {
  if (item.type === 'command_execution') {
    const command = plainCommand(item.command)
    const call = { id: item.id, name: SHELL, kind: 'execute', input: { command }, paths: [] } as const
    return [{ type: 'tool_call', ...call, title: titleOf('run', command) }]
  }
  if (item.type !== 'file_change') return []
  const changes = item.changes.map(({ path, kind }) => ({ path, kind: { type: kind } }))
  return [{ type: 'tool_call', id: item.id, name: PATCH, ...describeChanges(changes, workingDir) }]
}

function completed(item: ExecItem): readonly AgentEvent[] {
  switch (item.type) {
    case 'agent_message':
      return [{ type: 'text', text: item.text }]
    case 'reasoning':
      return [{ type: 'thought', text: item.text }]
    case 'command_execution': {
      const output = item.aggregated_output ?? ''
      return [{ type: 'tool_result', id: item.id, ok: item.status === 'completed', output }]
    }
    case 'file_change':
      return [{ type: 'tool_result', id: item.id, ok: item.status === 'completed', output: item.status }]
    case 'error':
      return [{ type: 'notice', level: 'warn', text: item.message }]
    case 'other':
      return []
  }
}
