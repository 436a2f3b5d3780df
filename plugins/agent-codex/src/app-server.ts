import { attended, endAfterAbort, endedEarly, endWithin, Garbage } from '@agentproxy/agent-kit'
import type { AgentProcess, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { answerRequest } from './approvals.ts'
import type { CodexConfig } from './codex-config.ts'
import { type CodexChange, readNotification, threadAnswer, turnAnswer } from './codex-message.ts'
import { normalise } from './normalise.ts'
import { Rpc, RpcError } from './rpc.ts'
import { endingOf, rpcFailed } from './turn-ending.ts'

/** How long it may take to end after the turn, or to end the turn after an interrupt. */
const END_GRACE_MS = 5000
const UNSUPPORTED = /unrecognized subcommand|unexpected argument|Unknown command/i
const UNKNOWN_THREAD = /no rollout found|thread not found|not found for thread/i

export interface AppServerOptions {
  readonly command: string
  readonly env: Readonly<Record<string, string>>
  readonly config: CodexConfig
}

/** Runs one turn through `codex app-server`. `unsupported`: this version has none. */
export async function runAppServer(
  turn: AgentTurn,
  { command, env, config }: AppServerOptions,
): Promise<AgentTurnResult | 'unsupported'> {
  const child = turn.spawn({ command, args: ['app-server'], env, stdin: 'open' })
  endAfterAbort(turn, child)
  const talk = new Conversation(turn, child, config)
  const listening = talk.rpc.listen()
  let result: AgentTurnResult | null
  try {
    result = await talk.run()
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    result = error.code === null ? null : rpcFailed(talk.threadId, error)
  }
  // The end of its standard input is what ends it.
  child.endInput()
  await endWithin(child, END_GRACE_MS)
  await listening
  if (result !== null) return result
  const exit = await child.exit
  if (talk.threadId === null && UNSUPPORTED.test(exit.stderrTail)) return 'unsupported'
  return endedEarly('Codex', talk.threadId ?? turn.conversationId, exit)
}

interface Tokens {
  readonly inputTokens: number
  readonly outputTokens: number
}

class Conversation {
  readonly rpc: Rpc
  threadId: string | null = null
  readonly #turn: AgentTurn
  readonly #config: CodexConfig
  readonly #changes = new Map<string, readonly CodexChange[]>()
  readonly #done: Promise<AgentTurnResult>
  #finish: (result: AgentTurnResult) => void = () => {}
  #turnId: string | null = null
  #words = ''
  #used: Tokens = { inputTokens: 0, outputTokens: 0 }

  constructor(turn: AgentTurn, child: AgentProcess, config: CodexConfig) {
    this.#turn = turn
    this.#config = config
    this.#done = new Promise((resolve) => (this.#finish = resolve))
    const garbage = new Garbage(turn, 'Codex')
    this.rpc = new Rpc(child, {
      onNotification: (method, params) => this.#hear(method, params, garbage),
      onRequest: (method, params) => answerRequest(turn, this.#changes, { method, params }),
      onGarbage: (line) => garbage.add(line),
    })
  }

  /** Null when the process ended first. */
  async run(): Promise<AgentTurnResult | null> {
    const clientInfo = { name: 'agentproxy', title: 'agentproxy', version: '0.1.0' }
    await this.rpc.request('initialize', { clientInfo, capabilities: null })
    this.rpc.notify('initialized')
    const threadId = await this.#openThread()
    const started = await this.rpc.request('turn/start', { threadId, input: this.#prompt() })
    const turnId = turnAnswer.parse(started).turn.id
    this.#turnId = turnId
    const attention = {
      onAbort: () => this.#interrupt({ threadId, turnId }),
      onSteer: (words: string) => this.#steer(words, { threadId, turnId }),
    }
    return attended(this.#turn, attention, () => Promise.race([this.#done, this.rpc.ended.then(() => null)]))
  }

  #prompt(): readonly object[] {
    const pictures = this.#turn.images.map(({ path }) => ({ type: 'localImage', path }))
    return [...pictures, text(this.#turn.prompt)]
  }

  async #openThread(): Promise<string> {
    const { conversationId, model, workingDir } = this.#turn
    const { sandbox, approvalPolicy } = this.#config
    const settings = { cwd: workingDir, model, sandbox, approvalPolicy }
    if (conversationId !== null) {
      try {
        await this.rpc.request('thread/resume', { ...settings, threadId: conversationId })
        return (this.threadId = conversationId)
      } catch (error) {
        if (!(error instanceof RpcError) || !UNKNOWN_THREAD.test(error.message)) throw error
        const notice = `Codex does not know the thread ${conversationId} any more; a new one was begun.`
        this.#turn.emit({ type: 'notice', level: 'warn', text: notice })
      }
    }
    const { thread } = threadAnswer.parse(await this.rpc.request('thread/start', settings))
    this.#turn.emit({ type: 'conversation', id: thread.id })
    return (this.threadId = thread.id)
  }

  async #steer(words: string, { threadId, turnId }: { threadId: string; turnId: string }): Promise<boolean> {
    const params = { threadId, input: [text(words)], expectedTurnId: turnId }
    // Refused when the turn is over, and when it is of a kind that takes nothing.
    return this.rpc.request('turn/steer', params).then(
      () => true,
      () => false,
    )
  }

  #interrupt(turn: { threadId: string; turnId: string }): void {
    this.rpc.request('turn/interrupt', turn).catch(() => {})
  }

  #hear(method: string, params: unknown, garbage: Garbage): void {
    const heard = readNotification(method, params)
    if (heard === null) return
    if (heard === 'broken') return garbage.add(`${method} ${JSON.stringify(params)}`)
    // Sub-agents have threads of their own.
    const { threadId } = heard.params
    if (this.threadId !== null && typeof threadId === 'string' && threadId !== this.threadId) return
    for (const event of normalise(heard, this.#turn.workingDir)) this.#turn.emit(event)
    switch (heard.method) {
      case 'item/started':
      case 'item/completed': {
        const { item } = heard.params
        if (item.type === 'fileChange') this.#changes.set(item.id, item.changes)
        if (item.type === 'agentMessage') this.#words = item.text
        return
      }
      case 'item/fileChange/patchUpdated':
        this.#changes.set(heard.params.itemId, heard.params.changes)
        return
      case 'thread/tokenUsage/updated':
        return this.#count(heard.params)
      case 'turn/completed':
        if (this.#turnId === null || heard.params.turn.id === this.#turnId)
          this.#finish(endingOf(heard.params.turn, { words: this.#words, threadId: this.threadId }))
        return
      default:
    }
  }

  /** Each report is of one model call; a resumed thread begins with one of an earlier turn. */
  #count({ turnId, tokenUsage: { last } }: { turnId: string; tokenUsage: { last: Tokens } }): void {
    if (turnId !== this.#turnId) return
    this.#used = {
      inputTokens: this.#used.inputTokens + last.inputTokens,
      outputTokens: this.#used.outputTokens + last.outputTokens,
    }
    this.#turn.emit({ type: 'usage', ...this.#used, costUsd: null })
  }
}

function text(words: string): object {
  return { type: 'text', text: words, text_elements: [] }
}
