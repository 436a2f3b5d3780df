import type { AgentEvent } from '@agentproxy/plugin'
import type { ClaudeBlock, ClaudeMessage, ClaudeResult, ClaudeSystem } from './claude-message.ts'
import { describeTool } from './tool-names.ts'

/** The model name Claude Code gives to words it put into the assistant's mouth, such as an API error. */
const SYNTHETIC = '<synthetic>'

/** What a message means for those who watch the task. */
export function normalise(message: ClaudeMessage, workingDir: string): readonly AgentEvent[] {
  switch (message.type) {
    case 'assistant': {
      // The words of a sub-agent are addressed to the agent; what it does is shown.
      const spoken = message.parent_tool_use_id === null || message.parent_tool_use_id === undefined
      const synthetic = message.message.model === SYNTHETIC
      return message.message.content.flatMap((block) => {
        if (block.type === 'text' && synthetic) return [{ type: 'notice', level: 'warn', text: block.text }]
        if (block.type !== 'tool_use' && !spoken) return []
        return eventsOf(block, workingDir)
      })
    }
    case 'user':
      return typeof message.message.content === 'string'
        ? []
        : message.message.content
            .filter((block) => block.type === 'tool_result')
            .flatMap((block) => eventsOf(block, workingDir))
    case 'system':
      return systemEvents(message)
    case 'result':
      return usageOf(message)
    case 'control_request':
    case 'command_lifecycle':
    case 'ignored':
      return []
  }
}

function eventsOf(block: ClaudeBlock, workingDir: string): readonly AgentEvent[] {
  switch (block.type) {
    case 'text':
      return block.text.trim() === '' ? [] : [{ type: 'text', text: block.text }]
    case 'thinking':
      return block.thinking.trim() === '' ? [] : [{ type: 'thought', text: block.thinking }]
    case 'tool_use': {
      const { id, name, input } = block
      return [{ type: 'tool_call', id, name, input, ...describeTool(name, input, workingDir) }]
    }
    case 'tool_result':
      return [
        {
          type: 'tool_result',
          id: block.tool_use_id,
          ok: block.is_error !== true,
          output: outputOf(block.content),
        },
      ]
    case 'other':
      return []
  }
}

function outputOf(content: (ClaudeBlock & { type: 'tool_result' })['content']): string {
  if (content === undefined || typeof content === 'string') return content ?? ''
  return content
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : `[${part.type}]`))
    .join('\n')
}

function usageOf({ usage, total_cost_usd: costUsd }: ClaudeResult): readonly AgentEvent[] {
  if (usage === null || usage === undefined) return []
  const cached = (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0)
  const inputTokens = usage.input_tokens + cached
  if (inputTokens + usage.output_tokens === 0) return []
  return [{ type: 'usage', inputTokens, outputTokens: usage.output_tokens, costUsd: costUsd ?? null }]
}

function systemEvents(message: ClaudeSystem): readonly AgentEvent[] {
  if (message.subtype === 'status') {
    return [{ type: 'state', state: message.status === 'compacting' ? 'compacting' : 'busy' }]
  }
  const notice = noticeOf(message)
  return notice === null ? [] : [notice]
}

function noticeOf(message: ClaudeSystem): AgentEvent | null {
  switch (message.subtype) {
    case 'api_retry': {
      const status = typeof message.error_status === 'number' ? ` (HTTP ${message.error_status})` : ''
      const inSeconds = ((message.retry_delay_ms ?? 0) / 1000).toFixed(1)
      const text = `Model call failed: ${message.error ?? 'unknown'}${status}; try ${message.attempt ?? '?'} of ${message.max_retries ?? '?'} follows in ${inSeconds} s.`
      return { type: 'notice', level: 'warn', text }
    }
    case 'permission_denied': {
      const text = `${message.tool_name ?? 'A tool'} was denied: ${message.message ?? 'no reason given'}`
      return { type: 'notice', level: 'warn', text }
    }
    case 'model_fallback':
      return {
        type: 'notice',
        level: 'warn',
        text: message.message ?? 'Claude Code fell back to another model.',
      }
    case 'hook_response': {
      if (message.outcome === null || message.outcome === undefined || message.outcome === 'success')
        return null
      const why = message.stderr === null || message.stderr === undefined ? '' : `: ${message.stderr.trim()}`
      return {
        type: 'notice',
        level: 'warn',
        text: `The hook ${message.hook_name ?? 'of Claude Code'} ended with ${message.outcome}${why}`,
      }
    }
    case 'compact_boundary':
      return { type: 'notice', level: 'info', text: 'Claude Code shortened the conversation to make room.' }
    default:
      return null
  }
}
