import {
  client,
  methods,
  PROTOCOL_VERSION,
  RequestError,
  type ClientContext,
  type ContentBlock,
  type InitializeResponse,
  type NewSessionRequest,
  type PromptResponse,
} from '@agentclientprotocol/sdk'
import {
  attended,
  cancelled,
  endAfterAbort,
  endedEarly,
  endWithin,
  Garbage,
  readImages,
} from '@agentproxy/agent-kit'
import type { AgentSpawn, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { answerPermission } from './answer-permission.ts'
import type { Launch } from './launch.ts'
import { processStream } from './process-stream.ts'
import { SessionUpdates } from './session-updates.ts'
import { requestFailed, usageOf } from './turn-ending.ts'
import { WorkspaceFiles } from './workspace-files.ts'

/** How long it may take to end after its turn. */
const END_GRACE_MS = 5000

export interface SessionOptions {
  readonly spawn: AgentSpawn
  readonly launch: Launch
}

/** Runs one prompt in the session of the task. */
export async function runSession(turn: AgentTurn, options: SessionOptions): Promise<AgentTurnResult> {
  const { displayName } = options.launch
  const child = turn.spawn(options.spawn)
  endAfterAbort(turn, child)
  const updates = new SessionUpdates(turn)
  const files = new WorkspaceFiles(turn)
  const garbage = new Garbage(turn, displayName)
  const app = client({ name: 'agentproxy' })
    .onRequest(methods.client.session.requestPermission, ({ params }) =>
      answerPermission(turn, { updates, files }, params),
    )
    .onRequest(methods.client.fs.readTextFile, ({ params }) => files.read(params))
    .onRequest(methods.client.fs.writeTextFile, ({ params }) => files.write(params))
  const session = new Session(turn, options.launch, updates)
  let result: AgentTurnResult | null = null
  try {
    const talk = app.connectWith(processStream(child, { updates, garbage }), (agent) => session.run(agent))
    // A connection whose agent is gone would wait for its answer.
    result = await Promise.race([talk, child.exit.then(() => null)])
    talk.catch(() => {})
  } catch (error) {
    const gone = await Promise.race([child.exit.then(() => true), Promise.resolve(false)])
    if (!gone && error instanceof RequestError)
      result = requestFailed(displayName, session.id ?? turn.conversationId, error)
    else if (!gone && !isClosed(error)) throw error
  }
  child.endInput()
  await endWithin(child, END_GRACE_MS)
  if (turn.signal.aborted) return cancelled(session.id ?? turn.conversationId)
  return result ?? endedEarly(displayName, session.id ?? turn.conversationId, await child.exit)
}

/** The library says so when the agent closed the connection. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && /closed/i.test(error.message)
}

class Session {
  id: string | null = null
  readonly #turn: AgentTurn
  readonly #launch: Launch
  readonly #updates: SessionUpdates

  constructor(turn: AgentTurn, launch: Launch, updates: SessionUpdates) {
    this.#turn = turn
    this.#launch = launch
    this.#updates = updates
  }

  async run(agent: ClientContext): Promise<AgentTurnResult> {
    const { clientFiles } = this.#launch
    const known = await agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: { fs: { readTextFile: clientFiles, writeTextFile: clientFiles }, terminal: false },
      clientInfo: { name: 'agentproxy', title: 'agentproxy', version: '0.1.0' },
    })
    const sessionId = await this.#open(agent, known)
    const onAbort = (): void => {
      agent.notify(methods.agent.session.cancel, { sessionId }).catch(() => {})
    }
    const prompt = await this.#prompt(known)
    const answer = await attended(this.#turn, { onAbort }, () =>
      agent.request(methods.agent.session.prompt, { sessionId, prompt }),
    )
    return this.#ending(sessionId, answer)
  }

  async #open(agent: ClientContext, known: InitializeResponse): Promise<string> {
    const { conversationId, workingDir } = this.#turn
    const where: NewSessionRequest = { cwd: workingDir, mcpServers: [] }
    const loads = known.agentCapabilities?.loadSession === true
    if (conversationId !== null && loads) {
      try {
        // It tells the whole conversation again, which everybody has seen.
        this.#updates.muted = true
        await agent.request(methods.agent.session.load, { ...where, sessionId: conversationId })
        await this.#updates.quiet()
        return (this.id = conversationId)
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
      } finally {
        this.#updates.muted = false
      }
    }
    if (conversationId !== null) {
      const why = loads
        ? `does not know the session ${conversationId} any more`
        : 'cannot continue an earlier session'
      const text = `${this.#launch.displayName} ${why}; a new one was begun.`
      this.#turn.emit({ type: 'notice', level: 'warn', text })
    }
    const { sessionId } = await agent.request(methods.agent.session.new, where)
    this.#turn.emit({ type: 'conversation', id: sessionId })
    return (this.id = sessionId)
  }

  async #prompt(known: InitializeResponse): Promise<ContentBlock[]> {
    const text: ContentBlock = { type: 'text', text: this.#turn.prompt }
    // To an agent that cannot see them they are named in the prompt.
    if (known.agentCapabilities?.promptCapabilities?.image !== true) return [text]
    const images = await readImages(this.#turn)
    return [
      ...images.map(({ mediaType, base64 }) => ({
        type: 'image' as const,
        mimeType: mediaType,
        data: base64,
      })),
      text,
    ]
  }

  #ending(conversationId: string, answer: PromptResponse): AgentTurnResult {
    this.#updates.flush()
    const usage = usageOf(answer)
    if (usage !== null) this.#turn.emit(usage)
    if (answer.stopReason === 'cancelled') return cancelled(conversationId)
    return { stopReason: answer.stopReason, message: this.#updates.words, error: null, conversationId }
  }
}
