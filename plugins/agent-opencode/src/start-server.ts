import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { endAfterAbort, Garbage } from '@agentproxy/agent-kit'
import type { AgentProcess, AgentTurn } from '@agentproxy/plugin'
import { OpencodeError } from './opencode-error.ts'
import { prepareHome } from './opencode-home.ts'

/** Tries with a port of their own: another program may take one between our look and opencode's start. */
const PORTS = 3
const LISTENING = /opencode server listening on (http:\/\/\S+)/

/** A server of one turn, reached on loopback and with its password only. */
export interface OpencodeServer {
  readonly child: AgentProcess
  /** A call of its API. Throws `OpencodeError` when it cannot be reached. */
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response>
  /** Ends the calls that are under way. */
  close(): void
}

export interface StartOptions {
  readonly command: string
  readonly model: string
  readonly timeoutMs: number
}

/** Starts `opencode serve` and waits until it listens. Throws `OpencodeError`. */
export async function startServer(turn: AgentTurn, options: StartOptions): Promise<OpencodeServer> {
  const password = randomBytes(24).toString('base64url')
  const env = await prepareHome(turn, { model: options.model, password })
  for (let left = PORTS; ; left--) {
    const port = await freePort()
    const args = ['serve', '--hostname', '127.0.0.1', '--port', String(port)]
    const child = turn.spawn({ command: options.command, args, env, stdin: 'closed' })
    endAfterAbort(turn, child)
    const url = await whenListening(turn, child, options.timeoutMs)
    if (url !== null) return reach(child, url, password)
    if (left > 1 && !turn.signal.aborted && /EADDRINUSE|in use/i.test((await child.exit).stderrTail)) continue
    throw new OpencodeError(await whyNot(child, options.timeoutMs))
  }
}

/** Port 0 would mean 4096 to opencode. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', resolve)
  })
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Null when it ended, or did not listen in time and was ended. */
async function whenListening(
  turn: AgentTurn,
  child: AgentProcess,
  timeoutMs: number,
): Promise<string | null> {
  const timer = new AbortController()
  const late = delay(timeoutMs, null, { signal: timer.signal }).catch(() => null)
  const url = await Promise.race([firstUrl(turn, child), late])
  timer.abort()
  if (url === null) await child.stop(0)
  return url
}

/** Reads its output to the end, or it would stop writing; resolves with the address as soon as it tells it. */
async function firstUrl(turn: AgentTurn, child: AgentProcess): Promise<string | null> {
  const garbage = new Garbage(turn, 'opencode')
  const lines = child.lines[Symbol.asyncIterator]()
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const url = LISTENING.exec(line.value)?.[1]
    if (url !== undefined) {
      void readOn(lines)
      return url
    }
    if (line.value.trim() !== '' && !line.value.startsWith('Warning:')) garbage.add(line.value)
  }
  return null
}

async function readOn(lines: AsyncIterator<string>): Promise<void> {
  while ((await lines.next()).done !== true);
}

async function whyNot(child: AgentProcess, timeoutMs: number): Promise<OpencodeError['failure']> {
  const { code, stderrTail, endedBy } = await child.exit
  const said = stderrTail.trim() === '' ? '' : `: ${stderrTail.trim()}`
  if (code === 127)
    return { code: 'not_found', message: `opencode could not be started${said}`, retryable: false }
  const how =
    endedBy === null ? `ended with exit code ${code}` : `did not listen within ${timeoutMs} ms and was ended`
  return { code: 'exited', message: `The server of opencode ${how}${said}`, retryable: true }
}

function reach(child: AgentProcess, url: string, password: string): OpencodeServer {
  const closing = new AbortController()
  const authorization = `Basic ${Buffer.from(`opencode:${password}`).toString('base64')}`
  return {
    child,
    close: () => closing.abort(),
    async call(method, path, body) {
      const headers = { authorization, 'content-type': 'application/json' }
      const content = body === undefined ? null : JSON.stringify(body)
      try {
        return await fetch(new URL(path, url), { method, headers, body: content, signal: closing.signal })
      } catch {
        const message = `The server of opencode does not answer ${method} ${path} any more.`
        throw new OpencodeError({ code: 'exited', message, retryable: true })
      }
    },
  }
}
