import { setTimeout as delay } from 'node:timers/promises'
import type { AgentTurn } from '@agentproxy/plugin'
import { describeTool, outputOf } from './describe-tool.ts'
import type { ToolCall, Update } from './session-update.ts'

const QUIET_MS = 250
const QUIET_AT_MOST_MS = 5000

type Spoken = 'text' | 'thought'

/** Passes on what an agent tells of its turn. Words come in pieces and are passed on whole. */
export class SessionUpdates {
  /** true: what comes is the past, told again. */
  muted = false
  /** The last words. */
  words = ''
  readonly #turn: AgentTurn
  readonly #calls = new Map<string, ToolCall>()
  readonly #told = new Set<string>()
  #lastAt = 0
  #piece: { readonly type: Spoken; text: string } | null = null

  constructor(turn: AgentTurn) {
    this.#turn = turn
  }

  take(update: Update): void {
    this.#lastAt = Date.now()
    if (this.muted) return
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        if (update.content.type === 'text') this.#speak('text', update.content.text)
        return
      case 'agent_thought_chunk':
        if (update.content.type === 'text') this.#speak('thought', update.content.text)
        return
      case 'tool_call':
        return this.#tool(update, update.status === 'in_progress')
      case 'tool_call_update':
        return this.#tool(update, update.status === 'in_progress')
      case 'plan':
        this.flush()
        return this.#turn.emit({
          type: 'plan',
          entries: update.entries.map(({ content, status }) => ({ text: content, status })),
        })
    }
  }

  /** Resolves once nothing has come for a while: Gemini CLI goes on telling the past after it has answered. */
  async quiet(): Promise<void> {
    const until = Date.now() + QUIET_AT_MOST_MS
    this.#lastAt = Date.now()
    while (Date.now() - this.#lastAt < QUIET_MS && Date.now() < until) await delay(QUIET_MS / 5)
  }

  /** The call as far as it is known, told to people by now. */
  announce(call: ToolCall): ToolCall {
    this.flush()
    const merged = this.#merge(call)
    if (!this.#told.has(call.toolCallId)) {
      this.#told.add(call.toolCallId)
      const described = describeTool(merged, this.#turn.workingDir)
      this.#turn.emit({ type: 'tool_call', id: call.toolCallId, ...described })
    }
    return merged
  }

  /** Passes on the words that are waiting for their end. */
  flush(): void {
    const piece = this.#piece
    this.#piece = null
    if (piece === null || piece.text.trim() === '') return
    if (piece.type === 'text') this.words = piece.text
    this.#turn.emit({ type: piece.type, text: piece.text })
  }

  #speak(type: Spoken, text: string): void {
    if (this.#piece?.type !== type) this.flush()
    this.#piece ??= { type, text: '' }
    this.#piece.text += text
  }

  #tool(call: ToolCall, running: boolean): void {
    const ended = call.status === 'completed' || call.status === 'failed'
    if (!running && !ended) return void this.#merge(call)
    const merged = this.announce(call)
    if (!ended || this.#told.has(`${call.toolCallId} ended`)) return
    this.#told.add(`${call.toolCallId} ended`)
    const ok = call.status === 'completed'
    this.#turn.emit({ type: 'tool_result', id: call.toolCallId, ok, output: outputOf(merged) })
  }

  /** An update says only what has changed. */
  #merge(call: ToolCall): ToolCall {
    const before = this.#calls.get(call.toolCallId)
    const said = Object.entries(call).filter(([, value]) => value !== null && value !== undefined)
    const merged: ToolCall = { ...before, ...Object.fromEntries(said), toolCallId: call.toolCallId }
    this.#calls.set(call.toolCallId, merged)
    return merged
  }
}
