import { sendJson } from '@agentproxy/agent-kit'
import type { AgentProcess } from '@agentproxy/plugin'
import { z } from 'zod'

const id = z.union([z.number(), z.string()])
/** Codex leaves out `jsonrpc`. Its requests are numbered from 0 as ours are: only `method` tells a request from an answer. */
const message = z.union([
  z.object({ method: z.string(), id, params: z.unknown().optional() }),
  z.object({ method: z.string(), params: z.unknown().optional() }),
  z.object({ id, error: z.object({ code: z.number(), message: z.string() }) }),
  z.object({ id, result: z.unknown() }),
])

/** What Codex sends without being asked. */
export interface RpcHandlers {
  onNotification(method: string, params: unknown): void
  /** Resolves with the answer; `null` = there is no such method here. */
  onRequest(method: string, params: unknown): Promise<object | null>
  onGarbage(line: string): void
}

/** A request was answered with an error, or never: the process ended. */
export class RpcError extends Error {
  /** null: the process ended. */
  readonly code: number | null

  constructor(code: number | null, text: string) {
    super(text)
    this.code = code
  }
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: RpcError): void
}

/** JSON-RPC with a child process, one message a line. */
export class Rpc {
  readonly #child: AgentProcess
  readonly #handlers: RpcHandlers
  readonly #waiting = new Map<number | string, Waiting>()
  /** Settles when the output has ended. */
  readonly ended: Promise<void>
  #end: () => void = () => {}
  #lastId = 0
  #ended = false

  constructor(child: AgentProcess, handlers: RpcHandlers) {
    this.#child = child
    this.#handlers = handlers
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  request(method: string, params: unknown): Promise<unknown> {
    const number = ++this.#lastId
    return new Promise((resolve, reject) => {
      if (this.#ended || !sendJson(this.#child, { id: number, method, params }))
        return reject(new RpcError(null, `Codex ended before it answered ${method}.`))
      this.#waiting.set(number, { resolve, reject })
    })
  }

  notify(method: string): void {
    sendJson(this.#child, { method })
  }

  /** Reads until the output ends. Requests without an answer are rejected then. */
  async listen(): Promise<void> {
    for await (const line of this.#child.lines) if (line.trim() !== '') this.#take(line)
    this.#ended = true
    for (const waiting of this.#waiting.values())
      waiting.reject(new RpcError(null, 'Codex ended before it answered.'))
    this.#end()
  }

  #take(line: string): void {
    const read = message.safeParse(parse(line))
    if (!read.success) return this.#handlers.onGarbage(line)
    const { data } = read
    if ('method' in data) {
      if ('id' in data) void this.#answer(data)
      else this.#handlers.onNotification(data.method, data.params)
      return
    }
    const waiting = this.#waiting.get(data.id)
    this.#waiting.delete(data.id)
    if ('error' in data) waiting?.reject(new RpcError(data.error.code, data.error.message))
    else waiting?.resolve(data.result)
  }

  async #answer(asked: { id: number | string; method: string; params?: unknown }): Promise<void> {
    const result = await this.#handlers.onRequest(asked.method, asked.params)
    if (result !== null) sendJson(this.#child, { id: asked.id, result })
    else {
      const error = { code: -32_601, message: `agentproxy does not answer ${asked.method}` }
      sendJson(this.#child, { id: asked.id, error })
    }
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
