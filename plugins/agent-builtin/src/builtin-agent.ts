import { randomUUID } from 'node:crypto'
import {
  askPermission,
  cancelled,
  endedEarly,
  endWithin,
  failed,
  Garbage,
  attended,
  sendJson,
} from '@agentproxy/agent-kit'
import type {
  AgentDefinition,
  AgentProcess,
  AgentTurn,
  AgentTurnError,
  AgentTurnResult,
} from '@agentproxy/plugin'
import { findAgentEntry } from './agent-entry.ts'
import { fromProcess, readLine, type FromProcess, type ToProcess, type TurnLimits } from './turn-protocol.ts'

const NAME = 'The builtin agent'
const VERSION = '0.1.0'
const NOT_BUILT =
  'The program of the builtin agent is missing. Build it with: npx tsc -b plugins/agent-builtin'
/** How long a process may take to save and end, once it is asked to or has given its result. */
const END_GRACE_MS = 5000

/** The agent `builtin`. Each turn runs in a process of its own, which ends with its parent. */
export function createBuiltinAgent(limits: TurnLimits): AgentDefinition {
  return {
    name: 'builtin',
    displayName: 'Builtin agent',
    capabilities: {
      resume: true,
      steer: true,
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
      if (entry === null) return failed(turn.conversationId, problem('not_found', NOT_BUILT))
      if (turn.model === null) {
        const message = `${NAME} was given no model: name one with --model.`
        return failed(turn.conversationId, problem('protocol', message))
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
      return endedEarly(NAME, conversationId, await child.exit)
    },
  }
}

function problem(code: AgentTurnError['code'], message: string): AgentTurnError {
  return { code, message, retryable: false }
}

/** Null when the process ended without a result. */
async function supervise(turn: AgentTurn, child: AgentProcess): Promise<AgentTurnResult | null> {
  const taken = new Map<string, (taken: boolean) => void>()
  const onAbort = (): void => {
    send(child, { type: 'cancel' })
    void endWithin(child, END_GRACE_MS)
  }
  const onSteer = async (text: string): Promise<boolean> => {
    const id = randomUUID()
    const answered = new Promise<boolean>((settle) => taken.set(id, settle))
    return send(child, { type: 'steer', id, text }) ? answered : false
  }
  const result = await attended(turn, { onAbort, onSteer }, () => converse(turn, child, taken))
  for (const settle of taken.values()) settle(false)
  child.endInput()
  await endWithin(child, END_GRACE_MS)
  return result
}

/** Reads until the result; null when the output ends before it. */
async function converse(
  turn: AgentTurn,
  child: AgentProcess,
  taken: Map<string, (taken: boolean) => void>,
): Promise<AgentTurnResult | null> {
  const garbage = new Garbage(turn, NAME)
  for await (const line of child.lines) {
    const message = readLine(fromProcess, line)
    switch (message?.type) {
      case undefined:
        garbage.add(line)
        break
      case 'event':
        turn.emit(message.event)
        break
      case 'permission':
        void answer(turn, child, message)
        break
      case 'steered':
        taken.get(message.id)?.(true)
        taken.delete(message.id)
        break
      case 'result':
        return message.result
    }
  }
  return null
}

type PermissionMessage = Extract<FromProcess, { type: 'permission' }>

async function answer(turn: AgentTurn, child: AgentProcess, message: PermissionMessage): Promise<void> {
  const { decision, reason } = await askPermission(turn, message.request)
  send(child, { type: 'permission', id: message.id, decision, reason })
}

function send(child: AgentProcess, message: ToProcess): boolean {
  return sendJson(child, message)
}
