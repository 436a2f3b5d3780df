import { setTimeout as delay } from 'node:timers/promises'
import type { AgentProcess, AgentSpawn, AgentTurn } from '@agentproxy/plugin'
import { readMessage, type ClaudeControlRequest, type ClaudeResult } from './claude-message.ts'
import { normalise } from './normalise.ts'
import { describeTool } from './tool-names.ts'
import type { ProcessEnd } from './turn-ending.ts'

/** How long it may take to end after its result. */
const END_GRACE_MS = 10_000
/** How long it may take to end the turn after an interrupt. */
const INTERRUPT_GRACE_MS = 5000
const KILL_GRACE_MS = 2000
const REQUEST_START = /^\{"type":"control_request","request_id":"([^"]+)"/

/** Runs Claude Code for one prompt and passes on what it says and asks, until its result. */
export async function runProcess(turn: AgentTurn, options: Omit<AgentSpawn, 'stdin'>): Promise<ProcessEnd> {
  const child = turn.spawn({ ...options, stdin: 'open' })
  send(child, {
    type: 'user',
    message: { role: 'user', content: [{ type: 'text', text: turn.prompt }] },
    parent_tool_use_id: null,
    session_id: '',
  })
  const onAbort = () => {
    send(child, { type: 'control_request', request_id: 'interrupt', request: { subtype: 'interrupt' } })
    void endWithin(child, INTERRUPT_GRACE_MS)
  }
  turn.signal.addEventListener('abort', onAbort, { once: true })
  // The signal may have fired while the process was being started.
  if (turn.signal.aborted) onAbort()
  try {
    const said = await listen(turn, child)
    child.endInput()
    await endWithin(child, END_GRACE_MS)
    return { ...said, exit: await child.exit }
  } finally {
    turn.signal.removeEventListener('abort', onAbort)
  }
}

/** Reads until the result, or until the output ends. */
async function listen(turn: AgentTurn, child: AgentProcess): Promise<Omit<ProcessEnd, 'exit'>> {
  let sessionId: string | null = null
  let garbage = 0
  for await (const line of child.lines) {
    if (line.trim() === '') continue
    const message = readMessage(line)
    if (message === null) {
      garbage += 1
      if (garbage === 1) turn.emit({ type: 'notice', level: 'warn', text: garbageNotice(line) })
      refuseCutRequest(child, line)
      continue
    }
    for (const event of normalise(message, turn.workingDir)) turn.emit(event)
    if (message.type === 'control_request') void answer(turn, child, message)
    if (message.type === 'system' || message.type === 'result') {
      const named: string | null = message.session_id ?? sessionId
      if (named !== null && sessionId === null && named !== turn.conversationId)
        turn.emit({ type: 'conversation', id: named })
      sessionId = named
    }
    if (message.type === 'result') return { result: message satisfies ClaudeResult, sessionId }
  }
  return { result: null, sessionId }
}

function garbageNotice(line: string): string {
  return `Claude Code printed a line that is no message; it and any others are passed over: ${JSON.stringify(line.slice(0, 120))}`
}

/** A request that was too long for a line and lost its end must be answered all the same, or both sides would wait. */
function refuseCutRequest(child: AgentProcess, line: string): void {
  const id = REQUEST_START.exec(line)?.[1]
  if (id === undefined) return
  respond(child, id, {
    behavior: 'deny',
    message: 'The request was too large to be checked; use smaller steps.',
  })
}

async function answer(turn: AgentTurn, child: AgentProcess, message: ClaudeControlRequest): Promise<void> {
  const { request, request_id: id } = message
  if (request.subtype === 'unknown') {
    const error = `agentproxy does not answer requests of the kind ${request.named}`
    send(child, { type: 'control_response', response: { subtype: 'error', request_id: id, error } })
    return
  }
  const { tool_name: tool, input } = request
  if (tool === 'AskUserQuestion') {
    const reason = 'Nobody is here to answer. Decide yourself and say what you assumed.'
    respond(child, id, { behavior: 'deny', message: reason })
    return
  }
  const described = describeTool(tool, input, turn.workingDir)
  const paths = described.kind === 'edit' ? described.paths : []
  const given = await turn
    .requestPermission({ tool, input, ...described, paths })
    .catch((error: unknown) => ({
      decision: 'deny' as const,
      reason: `permission could not be asked: ${error instanceof Error ? error.message : String(error)}`,
    }))
  const allowed = { behavior: 'allow', updatedInput: input }
  respond(child, id, given.decision === 'allow' ? allowed : { behavior: 'deny', message: given.reason })
}

function respond(child: AgentProcess, id: string, response: unknown): void {
  send(child, { type: 'control_response', response: { subtype: 'success', request_id: id, response } })
}

/** A process that has ended takes no more lines; its end is seen elsewhere. */
function send(child: AgentProcess, message: unknown): void {
  try {
    child.writeLine(JSON.stringify(message))
  } catch {
    // Closed.
  }
}

/** Waits a bounded time for the process to end by itself, then ends it. */
async function endWithin(child: AgentProcess, graceMs: number): Promise<void> {
  const timer = new AbortController()
  const late = delay(graceMs, true, { signal: timer.signal }).catch(() => false)
  if (await Promise.race([child.exit.then(() => false), late])) await child.stop(KILL_GRACE_MS)
  timer.abort()
}
