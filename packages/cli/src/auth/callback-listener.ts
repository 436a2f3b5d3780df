import { timingSafeEqual } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CliError } from '../errors.ts'

export interface CallbackOptions {
  /** 0 = any free one. */
  readonly port: number
  readonly path: string
  readonly state: string
  /** For the page. */
  readonly displayName: string
}

interface Callback {
  readonly parameters: URLSearchParams
  /** Shows the person how it ended. Resolves when the page has left. */
  readonly answer: (success: boolean) => Promise<void>
}

export interface CallbackListener {
  readonly port: number
  /** The first request with the right state. Rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<Callback>
  close(): Promise<void>
}

/**
 * Listens on 127.0.0.1 for the one request that ends a login (RFC 8252, 7.3). The state is looked at before anything
 * else: whoever does not know it gets 400, and the wait goes on.
 */
export async function listenForCallback(options: CallbackOptions): Promise<CallbackListener> {
  const arrivals = new EventEmitter<{ callback: [Callback] }>()
  const first = once(arrivals, 'callback') as Promise<[Callback]>
  let taken = false
  const server = createServer((request, response) => {
    const parameters = readCallback(request, options)
    if (parameters === 'elsewhere') return void show(response, 404, 'Nothing is here.')
    if (parameters === 'stranger' || taken)
      return void show(response, 400, 'This is not the login that is under way.')
    taken = true
    const words = (success: boolean): string =>
      success
        ? `Logged in to ${options.displayName}. This page can be closed.`
        : `The login to ${options.displayName} did not succeed. The terminal says why.`
    const answer = (success: boolean): Promise<void> => show(response, success ? 200 : 400, words(success))
    arrivals.emit('callback', { parameters, answer })
  })
  await listen(server, options.port)
  return {
    port: (server.address() as AddressInfo).port,
    wait: async (signal) => (await unlessAborted(first, signal))[0],
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function readCallback(
  request: IncomingMessage,
  { path, state }: CallbackOptions,
): URLSearchParams | 'elsewhere' | 'stranger' {
  const base = 'http://127.0.0.1'
  const target = request.url ?? '/'
  if (request.method !== 'GET' || !URL.canParse(target, base)) return 'elsewhere'
  const { pathname, searchParams } = new URL(target, base)
  if (pathname !== path) return 'elsewhere'
  const [given, ...more] = searchParams.getAll('state')
  return given !== undefined && more.length === 0 && isSame(given, state) ? searchParams : 'stranger'
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

async function show(response: ServerResponse, status: number, words: string): Promise<void> {
  const text = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const gone = once(response, 'close')
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    // The address holds the code.
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(`<!doctype html><meta charset="utf-8"><title>agentproxy</title><p>${text}</p>\n`)
  await gone
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen({ host: '127.0.0.1', port })
    await once(server, 'listening')
  } catch (cause) {
    throw new CliError(
      'LOGIN_FAILED',
      `cannot listen on 127.0.0.1:${port} for the answer of the login: ${(cause as Error).message}`,
      {
        hint: 'Stop what uses this port (another login, perhaps), then try again.',
        cause,
      },
    )
  }
}

/** Rejects with the signal's reason as soon as it is aborted; leaves no listener. */
function unlessAborted<Value>(pending: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
