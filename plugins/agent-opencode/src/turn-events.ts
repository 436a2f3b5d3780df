import type { AgentTurn } from '@agentproxy/plugin'
import { answerPermission } from './answer-permission.ts'
import { planEntries, spoken, toolCall } from './normalise.ts'
import type { OpencodeEvent, OpencodeFailure, OpencodePart } from './opencode-message.ts'
import type { OpencodeServer } from './start-server.ts'

type Of<Type extends OpencodeEvent['type']> = Extract<OpencodeEvent, { type: Type }>

/** What happened in one turn: passes it on and keeps what decides how the turn ended. */
export class TurnEvents {
  /** opencode is idle again. */
  over = false
  /** It tried a model call again too often, and is told to stop. */
  gaveUp = false
  /** The last words. */
  words = ''
  finish: string | null = null
  failure: OpencodeFailure | null = null
  readonly #turn: AgentTurn
  readonly #server: OpencodeServer
  readonly #sessionId: string
  readonly #maxRetries: number
  /** Messages of the agent; those of the person come back as events, too. */
  readonly #own = new Set<string>()
  readonly #told = new Set<string>()
  #began = false
  #used = { inputTokens: 0, outputTokens: 0 }

  constructor(
    turn: AgentTurn,
    options: { readonly server: OpencodeServer; readonly sessionId: string; readonly maxRetries: number },
  ) {
    this.#turn = turn
    this.#server = options.server
    this.#sessionId = options.sessionId
    this.#maxRetries = options.maxRetries
  }

  take(event: OpencodeEvent): void {
    switch (event.type) {
      case 'permission.asked':
        // An answer that cannot be given any more: the server is gone, which is seen elsewhere.
        void answerPermission(this.#turn, this.#server, event.properties).catch(() => {})
        return
      case 'message.part.updated':
        return this.#part(event.properties.part)
      case 'message.updated':
        return this.#message(event)
      case 'session.status':
        return this.#status(event)
      case 'session.idle':
        // Idle before it was busy is the state it began in.
        if (event.properties.sessionID === this.#sessionId) this.over = this.#began
        return
      case 'session.error':
        if ((event.properties.sessionID ?? this.#sessionId) === this.#sessionId)
          this.failure ??= event.properties.error ?? null
        return
      case 'session.compacted':
        this.#turn.emit({
          type: 'notice',
          level: 'info',
          text: 'opencode shortened the conversation to make room.',
        })
        return
      case 'todo.updated':
        if (event.properties.sessionID === this.#sessionId)
          this.#turn.emit({ type: 'plan', entries: planEntries(event.properties.todos) })
        return
      case 'server.connected':
      case 'ignored':
    }
  }

  #message({ properties: { info } }: Of<'message.updated'>): void {
    if (info.role !== 'assistant') return
    this.#own.add(info.id)
    if (info.sessionID !== this.#sessionId) return
    this.finish = info.finish ?? this.finish
    // That it was told to stop is no reason of its own.
    if (!this.gaveUp) this.failure = info.error ?? this.failure
  }

  #status({ properties: { sessionID, status } }: Of<'session.status'>): void {
    if (sessionID !== this.#sessionId) return
    if (status.type !== 'idle') this.#began = true
    if (status.type !== 'retry') return
    const attempt = status.attempt ?? 1
    const message = status.message ?? 'a model call failed'
    this.#turn.emit({ type: 'state', state: 'retrying' })
    this.#turn.emit({
      type: 'notice',
      level: 'warn',
      text: `Try ${attempt} of a model call failed: ${message}`,
    })
    if (attempt <= this.#maxRetries || this.gaveUp) return
    this.gaveUp = true
    this.failure = { name: 'Retries', data: { message, isRetryable: true } }
  }

  #part(part: OpencodePart): void {
    if (part.type === 'other' || !this.#own.has(part.messageID)) return
    switch (part.type) {
      case 'text':
      case 'reasoning': {
        // A part is sent again as it grows; whole it is once it has an end.
        if (typeof part.time?.end !== 'number' || !this.#isNew(part.id)) return
        const ours = part.sessionID === this.#sessionId
        if (ours && part.type === 'text') this.words = part.text
        if (ours) for (const event of spoken(part)) this.#turn.emit(event)
        return
      }
      case 'tool':
        return this.#tool(part)
      case 'step-finish':
        if (this.#isNew(part.id)) this.#count(part)
    }
  }

  #tool(part: Extract<OpencodePart, { type: 'tool' }>): void {
    const { state, callID } = part
    if (state.status === 'other') return
    if (this.#isNew(callID)) this.#turn.emit(toolCall(part, this.#turn.workingDir))
    if (state.status === 'running' || !this.#isNew(`${callID} ended`)) return
    const ok = state.status === 'completed'
    const output = state.status === 'completed' ? state.output : state.error
    this.#turn.emit({ type: 'tool_result', id: callID, ok, output })
  }

  #count({ tokens }: Extract<OpencodePart, { type: 'step-finish' }>): void {
    const { inputTokens, outputTokens } = this.#used
    this.#used = {
      inputTokens: inputTokens + tokens.input + tokens.cache.read + tokens.cache.write,
      outputTokens: outputTokens + tokens.output + tokens.reasoning,
    }
    this.#turn.emit({ type: 'usage', ...this.#used, costUsd: null })
  }

  #isNew(key: string): boolean {
    if (this.#told.has(key)) return false
    this.#told.add(key)
    return true
  }
}
