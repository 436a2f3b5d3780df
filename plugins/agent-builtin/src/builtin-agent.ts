import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AgentDefinition, AgentProcess, AgentTurn, AgentTurnResult } from '@agentproxy/plugin'
import { findAgentEntry } from './agent-entry.ts'
import { cancelled, endWithoutResult, failed } from './turn-ending.ts'
import { fromProcess, readLine, type ToProcess, type TurnLimits } from './turn-protocol.ts'

const VERSION = '0.1.0'
const NOT_BUILT =
  'The program of the builtin agent is missing. Build it with: npx tsc -b plugins/agent-builtin'
/** How long a process may take to save and end, once it is asked to or has given its result. */
const END_GRACE_MS = 5000
const KILL_GRACE_MS = 1000

/** The agent `builtin`. Each turn runs in a process of its own, which ends with its parent. */
export function createBuiltinAgent(limits: TurnLimits): AgentDefinition {
  return {
    name: 'builtin',
    displayName: 'Builtin agent',
    capabilities: {
      resume: true,
      steer: false,
      interrupt: true,
      images: false,
      modelSwitch: true,
      asksPermission: true,
      plan: false,
      usage: false,
    },
    async detect() {
      const built = findAgentEntry() !== null
      return { available: built, version: VERSION, problem: built ? null : NOT_BUILT }
    },
    async runTurn(turn) {
      const entry = findAgentEntry()
      if (entry === null) return failed(turn.conversationId, 'not_found', NOT_BUILT)
      if (turn.model === null) {
        const message = 'The builtin agent was given no model: name one with --model.'
        return failed(turn.conversationId, 'protocol', message)
      }
      if (turn.signal.aborted) return cancelled(turn.conversationId)
      // Named here, so that the conversation goes on even if the process is killed before it says anything.
      const conversationId = turn.conversationId ?? randomUUID()
      const child = turn.spawn({ command: process.execPath, args: [entry], env: {}, stdin: 'open' })
      send(child, {
        type: 'turn',
        prompt: turn.prompt,
        workingDir: turn.workingDir,
        stateDir: turn.stateDir,
        conversationId,
        resume: turn.conversationId !== null,
        model: turn.model,
        baseUrl: `${turn.gateway.url.replace(/\/$/, '')}/v1`,
        token: turn.gateway.token,
        allowedTools: [...(turn.allowedTools ?? [])],
        limits,
      })
      const result = await supervise(turn, child)
      if (result !== null) return result
      if (turn.signal.aborted) return cancelled(conversationId)
      return endWithoutResult(conversationId, await child.exit)
    },
  }
}

/** Null when the process ended without a result. */
async function supervise(turn: AgentTurn, child: AgentProcess): Promise<AgentTurnResult | null> {
  const onAbort = () => {
    send(child, { type: 'cancel' })
    void stopSoon(child)
  }
  turn.signal.addEventListener('abort', onAbort, { once: true })
  // The signal may have fired while the process was being started.
  if (turn.signal.aborted) onAbort()
  try {
    const result = await converse(turn, child)
    child.endInput()
    await stopSoon(child)
    return result
  } finally {
    turn.signal.removeEventListener('abort', onAbort)
  }
}

/** Reads until the result; null when the output ends before it. */
async function converse(turn: AgentTurn, child: AgentProcess): Promise<AgentTurnResult | null> {
  let garbage = 0
  for await (const line of child.lines) {
    const message = readLine(fromProcess, line)
    if (message === null) {
      garbage += 1
      const text = 'The builtin agent printed a line that is no message; it was passed over.'
      if (garbage === 1) turn.emit({ type: 'notice', level: 'warn', text })
    } else if (message.type === 'event') turn.emit(message.event)
    else if (message.type === 'permission') void answer(turn, child, message)
    else return message.result
  }
  return null
}

type PermissionMessage = Extract<ReturnType<(typeof fromProcess)['parse']>, { type: 'permission' }>

async function answer(turn: AgentTurn, child: AgentProcess, message: PermissionMessage): Promise<void> {
  const given = await turn.requestPermission(message.request).catch((error: unknown) => ({
    decision: 'deny' as const,
    reason: `permission could not be asked: ${error instanceof Error ? error.message : String(error)}`,
  }))
  send(child, { type: 'permission', id: message.id, decision: given.decision, reason: given.reason })
}

/** Waits for the process to end by itself, a bounded time, then ends it. */
async function stopSoon(child: AgentProcess): Promise<void> {
  const timer = new AbortController()
  const late = delay(END_GRACE_MS, true, { signal: timer.signal }).catch(() => false)
  if (await Promise.race([child.exit.then(() => false), late])) await child.stop(KILL_GRACE_MS)
  timer.abort()
}

/** A process that has ended takes no more lines; its end is seen elsewhere. */
function send(child: AgentProcess, message: ToProcess): void {
  try {
    child.writeLine(JSON.stringify(message))
  } catch {
    // Closed.
  }
}
