import type { AgentEvent } from '@agentproxy/plugin'
import { streamText, tool, type FinishReason, type LanguageModel, type ModelMessage, type ToolSet } from 'ai'
import { createParagraphs } from './paragraphs.ts'
import type { ToolCall } from './run-tool.ts'
import type { BuiltinTool } from './tools/tool.ts'

export interface ModelStepOptions {
  readonly model: LanguageModel
  readonly system: string
  readonly messages: readonly ModelMessage[]
  readonly tools: ReadonlyMap<string, BuiltinTool>
  readonly maxRetries: number
  readonly signal: AbortSignal
  readonly emit: (event: AgentEvent) => void
}

export interface ModelStep {
  readonly finishReason: FinishReason
  readonly text: string
  /** Calls with a valid input. A call that was none already has its error among `messages`. */
  readonly calls: readonly ToolCall[]
  readonly messages: readonly ModelMessage[]
}

/**
 * One model call, streamed. Tools are described but not run by the library, so that each call can be saved before it acts.
 * Throws what the call failed with; a stream that ends without a finish reason is a failure.
 */
export async function modelStep(options: ModelStepOptions): Promise<ModelStep> {
  const { model, system, maxRetries, signal } = options
  const stream = streamText({
    model,
    system,
    messages: [...options.messages],
    tools: describeTools(options.tools),
    maxRetries,
    abortSignal: signal,
    // Failures are taken from the stream; without this they would be printed as well.
    onError: () => {},
  })
  const seen = await readParts(stream.fullStream, options)
  signal.throwIfAborted()
  const { messages } = await stream.response
  return { ...seen, messages }
}

function describeTools(tools: ReadonlyMap<string, BuiltinTool>): ToolSet {
  return Object.fromEntries(
    [...tools.values()].map(({ name, description, input }) => [
      name,
      tool({ description, inputSchema: input }),
    ]),
  )
}

type Parts = ReturnType<typeof streamText<ToolSet>>['fullStream']

async function readParts(
  parts: Parts,
  { emit, signal }: ModelStepOptions,
): Promise<Omit<ModelStep, 'messages'>> {
  const spoken = createParagraphs((text) => emit({ type: 'text', text }))
  const thought = createParagraphs((text) => emit({ type: 'thought', text }))
  const calls: ToolCall[] = []
  let text = ''
  let finishReason: FinishReason = 'error'
  for await (const part of parts) {
    if (part.type === 'text-delta') {
      text += part.text
      spoken.push(part.text)
    } else if (part.type === 'reasoning-delta') thought.push(part.text)
    else if (part.type === 'text-end') spoken.end()
    else if (part.type === 'reasoning-end') thought.end()
    else if (part.type === 'tool-call') {
      const { toolCallId: id, toolName: name, input } = part
      if (part.invalid === true)
        emit({ type: 'tool_call', id, name, kind: 'other', title: name, input, paths: [] })
      else calls.push({ id, name, input })
    } else if (part.type === 'tool-error') {
      emit({ type: 'tool_result', id: part.toolCallId, ok: false, output: String(part.error) })
    } else if (part.type === 'error') {
      spoken.end()
      signal.throwIfAborted()
      throw part.error
    } else if (part.type === 'finish') finishReason = part.finishReason
  }
  return { finishReason, text, calls }
}
