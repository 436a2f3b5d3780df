import { createHash } from 'node:crypto'
import type { ContentBlock, ModelMessage, ModelRequest, ModelTool } from '@agentproxy/wire'
import type { Conversation, OfferedTool, ToolResult } from './conversation.ts'

// Claude Code puts notes of its own beside the person's words, also beside tool results.
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g

/** What a scenario may know of `request`. `countRequest` gives its number within its conversation. */
export function readConversation(request: ModelRequest, countRequest: (key: string) => number): Conversation {
  const turns = request.messages.flatMap((message, index) => (userText(message) === '' ? [] : [index]))
  const userTexts = turns.map((index) => userText(request.messages[index]))
  const key = hash([request.model, userTexts[0] ?? ''])
  const spoken = [...request.system, ...request.messages]
  const documents = JSON.stringify([request.model, spoken, request.tools])
  return {
    key,
    fingerprint: hash([documents]),
    text: spoken.flatMap((message) => message.content.map(blockText)).join('\n'),
    userText: userTexts.at(-1) ?? '',
    turn: turns.length,
    request: countRequest(key),
    offeredTools: (request.tools ?? []).flatMap(offeredTool),
    calledTools: request.messages.flatMap((message) => message.content).flatMap(callName),
    results: resultsSince(request.messages, turns.at(-1) ?? -1),
    schema: wantedSchema(request),
    requestChars: documents.length,
  }
}

/** What a person said in this message; empty for tool results and for notes of the agent's own. */
function userText(message: ModelMessage | undefined): string {
  if (message?.role !== 'user' || message.content.some((block) => block.type === 'tool_result')) return ''
  return message.content.map(blockText).join('\n').replaceAll(REMINDER, '').trim()
}

function resultsSince(messages: readonly ModelMessage[], userIndex: number): readonly ToolResult[] {
  const names = new Map<string, string>()
  for (const block of messages.flatMap((message) => message.content)) {
    if (block.type === 'tool_call') names.set(block.id, block.name)
  }
  return messages.slice(userIndex + 1).flatMap((message) =>
    message.content.flatMap((block) => {
      if (block.type !== 'tool_result') return []
      return [{ tool: names.get(block.callId) ?? '', text: blockText(block), failed: block.isError }]
    }),
  )
}

function offeredTool(tool: ModelTool): readonly OfferedTool[] {
  switch (tool.type) {
    case 'function': {
      const required = tool.parameters?.['required']
      return [
        { name: tool.name, required: Array.isArray(required) ? required.map(String) : [], freeform: false },
      ]
    }
    case 'freeform':
      return [{ name: tool.name, required: ['input'], freeform: true }]
    case 'opaque':
      return []
  }
}

function callName(block: ContentBlock): readonly string[] {
  return block.type === 'tool_call' ? [block.name] : []
}

function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
    case 'thinking':
    case 'refusal':
      return block.text
    case 'tool_call':
      return block.arguments
    case 'tool_result':
      return block.content.map(blockText).join('\n')
    case 'redacted_thinking':
    case 'image':
    case 'document':
    case 'audio':
    case 'opaque':
      return ''
  }
}

function wantedSchema(request: ModelRequest): unknown {
  switch (request.responseFormat?.type) {
    case 'json_schema':
      return request.responseFormat.schema
    case 'json_object':
      return { type: 'object' }
    default:
      return null
  }
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)
}
