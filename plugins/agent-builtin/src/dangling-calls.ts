import type { ModelMessage, ToolModelMessage } from 'ai'

const INTERRUPTED =
  'interrupted: the agent was stopped before this tool gave a result; it may have run in part'

/** Gives every tool call without a result an error result, placed where a model expects it: right after the call. */
export function answerDanglingCalls(messages: readonly ModelMessage[]): ModelMessage[] {
  const answered = new Set(messages.flatMap((message) => (message.role === 'tool' ? resultIds(message) : [])))
  const repaired: ModelMessage[] = []
  let missing: ToolModelMessage | null = null
  for (const message of messages) {
    if (missing !== null && message.role !== 'tool') {
      repaired.push(missing)
      missing = null
    }
    repaired.push(message)
    if (message.role === 'assistant') missing = answersFor(message, answered)
  }
  if (missing !== null) repaired.push(missing)
  return repaired
}

function resultIds(message: ToolModelMessage): string[] {
  return message.content.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : []))
}

function answersFor(
  message: ModelMessage & { role: 'assistant' },
  answered: ReadonlySet<string>,
): ToolModelMessage | null {
  if (typeof message.content === 'string') return null
  const content = message.content.flatMap((part) =>
    part.type === 'tool-call' && !answered.has(part.toolCallId)
      ? [interrupted(part.toolCallId, part.toolName)]
      : [],
  )
  return content.length === 0 ? null : { role: 'tool', content }
}

function interrupted(toolCallId: string, toolName: string): ToolModelMessage['content'][number] {
  return { type: 'tool-result', toolCallId, toolName, output: { type: 'error-text', value: INTERRUPTED } }
}
