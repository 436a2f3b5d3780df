import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { anthropic, gemini, LossReport, openaiChat, openaiResponses, WireReadError } from '@agentproxy/wire'
import type { Format, ModelRequest } from '@agentproxy/wire'
import { composeAnswer, simulatedTokens } from '../answer/compose-answer.ts'
import { readConversation } from '../conversation/read-conversation.ts'
import { createRequestCounter } from '../conversation/request-counter.ts'
import { chooseStep } from '../scenario/choose-step.ts'
import type { Catalog } from '../scenario/load-scenarios.ts'
import { playAnswer } from './play-answer.ts'
import { readBody } from './read-body.ts'
import { sendError } from './send-error.ts'

export interface SimulatorServer {
  /** Base of the endpoints; its path holds a secret that other users of this machine do not know. */
  readonly url: string
  close(): Promise<void>
}

const formats: Readonly<Record<string, Format>> = {
  '/v1/messages': anthropic,
  '/v1/messages/count_tokens': anthropic,
  '/v1/chat/completions': openaiChat,
  '/v1/responses': openaiResponses,
}

/** Gemini names model and mode in the URL, not in the body. */
const GEMINI_CALL = /^\/v1beta\/models\/([^/]+):(generateContent|streamGenerateContent)$/

function nameOf([, model = '', method]: RegExpExecArray): Pick<ModelRequest, 'model' | 'stream'> {
  return { model: decodeURIComponent(model), stream: method === 'streamGenerateContent' }
}

/** Serves the scenarios on a loopback port of the system's choice. */
export async function startServer(catalog: Catalog): Promise<SimulatorServer> {
  const secret = `/${randomBytes(24).toString('base64url')}`
  const countRequest = createRequestCounter()
  const server = createServer((request, response) => {
    answer(request, response, { catalog, secret, countRequest }).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else sendError(response, anthropic, { status: 500, message: `[simulated] ${messageOf(error)}` })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no TCP address')
  return {
    url: `http://127.0.0.1:${address.port}${secret}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Play {
  readonly catalog: Catalog
  readonly secret: string
  readonly countRequest: (key: string) => number
}

async function answer(request: IncomingMessage, response: ServerResponse, play: Play): Promise<void> {
  const path = (request.url ?? '').replace(/\?.*$/s, '')
  const own = path.startsWith(`${play.secret}/`) ? path.slice(play.secret.length) : ''
  const named = GEMINI_CALL.exec(own)
  const format = named === null ? formats[own] : gemini
  if (format === undefined || request.method !== 'POST') {
    return sendError(response, anthropic, {
      status: 404,
      message: '[simulated] There is nothing at this address.',
    })
  }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const read = await readRequest(request, format)
  if ('refused' in read)
    return sendError(response, format, { status: 400, message: `[simulated] ${read.refused}` })
  const wanted = named === null ? read : { ...read, ...nameOf(named) }
  if (path.endsWith('/count_tokens')) return sendTokenCount(response, wanted)
  await perform(wanted, { response, format, signal: gone.signal }, play)
}

interface Seat {
  readonly response: ServerResponse
  readonly format: Format
  readonly signal: AbortSignal
}

async function perform(request: ModelRequest, seat: Seat, play: Play): Promise<void> {
  const { model } = request
  const scenario = play.catalog.get(model)
  if (scenario === undefined) {
    const message = `[simulated] There is no scenario "${model}". There are: ${[...play.catalog.keys()].join(', ')}.`
    return sendError(seat.response, seat.format, { status: 404, message })
  }
  const conversation = readConversation(request, play.countRequest)
  const step = chooseStep(scenario, conversation)
  if (step === null) {
    const message = `[simulated] Scenario "${model}" has no step for this point of the conversation.`
    return sendError(seat.response, seat.format, { status: 400, message })
  }
  const includeUsage = request.includeUsage ?? true
  const stage = { ...seat, model, stream: request.stream, includeUsage }
  await playAnswer(composeAnswer({ scenario, step, conversation, model }), stage)
}

async function readRequest(
  request: IncomingMessage,
  format: Format,
): Promise<ModelRequest | { readonly refused: string }> {
  try {
    return format.readRequest(await readBody(request), new LossReport())
  } catch (error) {
    if (WireReadError.is(error) || error instanceof SyntaxError || error instanceof RangeError)
      return { refused: error.message }
    throw error
  }
}

function sendTokenCount(response: ServerResponse, request: ModelRequest): void {
  const { requestChars } = readConversation(request, () => 0)
  const body = JSON.stringify({ input_tokens: simulatedTokens(requestChars) })
  response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
