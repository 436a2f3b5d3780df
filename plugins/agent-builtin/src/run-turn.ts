import { realpath } from 'node:fs/promises'
import type {
  AgentEvent,
  AgentPermissionRequest,
  AgentTurnResult,
  PermissionAnswer,
} from '@agentproxy/plugin'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { ModelMessage } from 'ai'
import { openConversation, type Conversation } from './conversation.ts'
import { modelFailure } from './model-failure.ts'
import { modelStep, type ModelStep } from './model-step.ts'
import { runTool, type ToolHost } from './run-tool.ts'
import { systemPrompt } from './system-prompt.ts'
import { allTools } from './tools/all-tools.ts'
import type { TurnRequest } from './turn-protocol.ts'

/** What the outside gives a turn. */
export interface TurnHost {
  readonly signal: AbortSignal
  readonly emit: (event: AgentEvent) => void
  readonly requestPermission: (request: AgentPermissionRequest) => Promise<PermissionAnswer>
  /** What a person said since it was last asked for. */
  readonly takeSteers: () => readonly string[]
}

/** Asks the model and runs its tools in alternation until it answers without a call, or a limit ends the turn. */
export async function runTurn(request: TurnRequest, host: TurnHost): Promise<AgentTurnResult> {
  const conversation = await openConversation(request.stateDir, request.conversationId, request.resume)
  if (conversation.problem !== null) host.emit({ type: 'notice', level: 'warn', text: conversation.problem })
  await say(conversation, request.prompt)
  if (!request.resume || conversation.id !== request.conversationId)
    host.emit({ type: 'conversation', id: conversation.id })
  const root = await realpath(request.workingDir)
  const tools: ToolHost = {
    tools: allTools,
    room: { root, signal: host.signal, commandTimeoutMs: request.limits.commandTimeoutMs },
    allowedTools: new Set(request.allowedTools),
    emit: host.emit,
    requestPermission: host.requestPermission,
  }
  try {
    const ending = await converse(conversation, { request, tools, takeSteers: host.takeSteers })
    return { ...ending, error: null, conversationId: conversation.id }
  } catch (error) {
    const ended = { message: '', conversationId: conversation.id }
    if (host.signal.aborted) return { ...ended, stopReason: 'cancelled', error: null }
    const failure = modelFailure(request.model, error)
    return { ...ended, stopReason: 'error', message: failure.message, error: failure }
  }
}

/** A turn tried again after a failed model call would say the same thing twice. */
async function say(conversation: Conversation, prompt: string): Promise<void> {
  const last = conversation.messages.at(-1)
  if (last?.role === 'user' && last.content === prompt) return
  await conversation.add({ role: 'user', content: prompt })
}

type Ending = Pick<AgentTurnResult, 'stopReason' | 'message'>

async function converse(
  conversation: Conversation,
  turn: { request: TurnRequest; tools: ToolHost; takeSteers: () => readonly string[] },
): Promise<Ending> {
  const { request, tools } = turn
  const { baseUrl, token, limits } = request
  const provider = createOpenAICompatible({
    name: 'agentproxy',
    baseURL: baseUrl,
    apiKey: token,
    includeUsage: true,
  })
  for (let count = 0; count < limits.maxSteps; count += 1) {
    const step = await modelStep({
      model: provider.chatModel(request.model),
      system: systemPrompt(tools.room.root),
      messages: conversation.messages,
      tools: tools.tools,
      maxRetries: limits.maxRetries,
      signal: tools.room.signal,
      emit: tools.emit,
    })
    await conversation.add(...step.messages)
    const ending = endingOf(step)
    if (ending !== null) {
      if (!(await hear(conversation, turn.takeSteers))) return ending
      continue
    }
    for (const call of step.calls) {
      tools.room.signal.throwIfAborted()
      const { ok, output } = await runTool(call, tools)
      await conversation.add(toolMessage(call, ok, output))
    }
    await hear(conversation, turn.takeSteers)
  }
  return {
    stopReason: 'max_turn_requests',
    message: `Stopped after ${limits.maxSteps} model calls, the limit of one turn.`,
  }
}

/** Adds what a person said meanwhile; true when there was something. */
async function hear(conversation: Conversation, takeSteers: () => readonly string[]): Promise<boolean> {
  const said = takeSteers()
  for (const text of said) await conversation.add({ role: 'user', content: text })
  return said.length > 0
}

function toolMessage(call: { id: string; name: string }, ok: boolean, output: string): ModelMessage {
  const result = { type: ok ? ('text' as const) : ('error-text' as const), value: output }
  return {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: call.id, toolName: call.name, output: result }],
  }
}

/** Null while the model waits for tools. Calls of an answer that was cut at its length are not trusted. */
function endingOf(step: ModelStep): Ending | null {
  const message = step.text.trim()
  switch (step.finishReason) {
    case 'stop':
    case 'tool-calls':
    case 'other':
      return answersWaited(step) ? null : { stopReason: 'end_turn', message }
    case 'length':
      return { stopReason: 'max_tokens', message }
    case 'content-filter':
      return { stopReason: 'refusal', message }
    case 'error':
      throw new Error('the answer ended in an error without saying which')
  }
}

function answersWaited(step: ModelStep): boolean {
  return step.calls.length > 0 || step.messages.some((message) => message.role === 'tool')
}
