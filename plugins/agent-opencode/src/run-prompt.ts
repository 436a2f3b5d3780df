import { attended, cancelled, Garbage, readImages, type ReadImage } from '@agentproxy/agent-kit'
import type { AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { OpencodeError } from './opencode-error.ts'
import { PROVIDER } from './opencode-home.ts'
import { sessionAnswer } from './opencode-message.ts'
import { serverEvents } from './server-events.ts'
import type { OpencodeServer } from './start-server.ts'
import { endingOf } from './turn-ending.ts'
import { TurnEvents } from './turn-events.ts'

export interface PromptOptions {
  readonly server: OpencodeServer
  readonly model: string
  readonly maxRetries: number
}

/** Runs one prompt in the session of the task, until opencode is idle again. Throws `OpencodeError`. */
export async function runPrompt(turn: AgentTurn, options: PromptOptions): Promise<AgentTurnResult> {
  const { server, model } = options
  const images = await readImages(turn)
  const stream = await open(server)
  const sessionId = await openSession(turn, server)
  const post = (path: string, body?: unknown) => server.call('POST', `/session/${sessionId}/${path}`, body)
  const say = async (text: string, pictures: readonly ReadImage[]) => {
    const parts = [...pictures.map(filePart), { type: 'text', text }]
    return post('prompt_async', { parts, model: { providerID: PROVIDER, modelID: model } })
  }
  const events = new TurnEvents(turn, { server, sessionId, maxRetries: options.maxRetries })
  const began = await say(turn.prompt, images)
  if (!began.ok) throw new OpencodeError(await refusal(began), sessionId)
  const abort = () => void post('abort').catch(() => {})
  const said: Promise<boolean>[] = []
  const attention = {
    onAbort: abort,
    // Said while it works, it is taken in after the running step.
    onSteer: async (text: string) => {
      if (events.over) return false
      const taken = say(text, []).then(
        ({ ok }) => ok,
        () => false,
      )
      said.push(taken)
      return taken
    },
  }
  await attended(turn, attention, () => listen(turn, { events, stream, sessionId, abort }))
  // What was taken is told so before the server goes.
  await Promise.all(said)
  if (turn.signal.aborted) return cancelled(sessionId)
  return endingOf(events, sessionId)
}

async function open(server: OpencodeServer): Promise<ReadableStream<Uint8Array>> {
  const { body, ok, status } = await server.call('GET', '/event')
  if (ok && body !== null) return body
  const message = `opencode answered HTTP ${status} where its events should be.`
  throw new OpencodeError({ code: 'protocol', message, retryable: false })
}

/** The session to continue, or a new one. With a title opencode need not ask a model for one. */
async function openSession(turn: AgentTurn, server: OpencodeServer): Promise<string> {
  const { conversationId, prompt } = turn
  if (conversationId !== null) {
    const known = await server.call('GET', `/session/${encodeURIComponent(conversationId)}`)
    await known.body?.cancel()
    if (known.ok) return conversationId
    const text = `opencode does not know the session ${conversationId} any more; a new one was begun.`
    turn.emit({ type: 'notice', level: 'warn', text })
  }
  const title = (prompt.split('\n', 1)[0] ?? '').slice(0, 80)
  const created = await server.call('POST', '/session', { title })
  if (!created.ok) throw new OpencodeError(await refusal(created))
  const { id } = sessionAnswer.parse(await created.json())
  turn.emit({ type: 'conversation', id })
  return id
}

function filePart({ path, mediaType, base64 }: ReadImage): object {
  const filename = path.slice(path.lastIndexOf('/') + 1)
  return { type: 'file', mime: mediaType, filename, url: `data:${mediaType};base64,${base64}` }
}

async function refusal(response: Response): Promise<OpencodeError['failure']> {
  const said = (await response.text().catch(() => '')).slice(0, 500)
  const message = `opencode refused the prompt with HTTP ${response.status}: ${said}`
  return { code: 'protocol', message, retryable: response.status >= 500 }
}

interface Listening {
  readonly events: TurnEvents
  readonly stream: ReadableStream<Uint8Array>
  readonly sessionId: string
  readonly abort: () => void
}

async function listen(turn: AgentTurn, { events, stream, sessionId, abort }: Listening): Promise<void> {
  const garbage = new Garbage(turn, 'opencode')
  try {
    for await (const event of serverEvents(stream)) {
      if (event === null) garbage.add('an event that could not be read')
      else events.take(event)
      if (events.gaveUp) abort()
      if (events.over) return
    }
  } catch {
    // Cut off: the server is gone, as at the end of the stream.
  }
  const message = 'The events of opencode ended before its turn did.'
  throw new OpencodeError({ code: 'exited', message, retryable: true }, sessionId)
}
