import { createInterface } from 'node:readline'
import type { PermissionAnswer } from '@agentproxy/plugin'
import { runTurn, type TurnHost } from './run-turn.ts'
import { readLine, toProcess, type FromProcess, type TurnRequest } from './turn-protocol.ts'

// The agent's own process: one turn, then it ends. The first line of standard input is the turn; the end of standard
// input means that the parent is gone, and then nothing may go on.

const ABORT_GRACE_MS = 3000

globalThis.AI_SDK_LOG_WARNINGS = false

const stop = new AbortController()
const waiting = new Map<string, (answer: PermissionAnswer) => void>()
const said: { readonly id: string; readonly text: string }[] = []
let asked = 0
let started = false

const send = (message: FromProcess) => process.stdout.write(`${JSON.stringify(message)}\n`)

const host: TurnHost = {
  signal: stop.signal,
  emit: (event) => send({ type: 'event', event }),
  requestPermission(request) {
    asked += 1
    const id = `permission-${asked}`
    const answer = new Promise<PermissionAnswer>((settle, fail) => {
      waiting.set(id, settle)
      stop.signal.addEventListener('abort', () => fail(stop.signal.reason), { once: true })
    })
    send({ type: 'permission', id, request })
    return answer
  },
  takeSteers() {
    const taken = said.splice(0)
    for (const { id } of taken) send({ type: 'steered', id })
    return taken.map(({ text }) => text)
  },
}

async function run(request: TurnRequest): Promise<void> {
  try {
    send({ type: 'result', result: await runTurn(request, host) })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const failure = {
      code: 'protocol' as const,
      message: `The agent could not run: ${why}`,
      retryable: false,
    }
    const { conversationId } = request
    send({
      type: 'result',
      result: { stopReason: 'error', message: failure.message, error: failure, conversationId },
    })
  }
  process.exit(0)
}

function receive(line: string): void {
  const message = readLine(toProcess, line)
  if (message === null) {
    process.stderr.write('a line of standard input was no message of this protocol\n')
    process.exitCode = 2
    return
  }
  switch (message.type) {
    case 'turn':
      if (!started) void run(message)
      started = true
      return
    case 'permission':
      waiting.get(message.id)?.({ decision: message.decision, reason: message.reason })
      waiting.delete(message.id)
      return
    case 'steer':
      said.push(message)
      return
    case 'cancel':
      stop.abort()
  }
}

function endWithParent(): void {
  if (!started) process.exit(2)
  stop.abort()
  setTimeout(() => process.exit(1), ABORT_GRACE_MS).unref()
}

process.stdout.on('error', endWithParent)
createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', receive).on('close', endWithParent)
