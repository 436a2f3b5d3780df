import { attended, endWithin, Garbage, readImages, sendJson } from '@agentproxy/agent-kit'
import type { AgentProcess, AgentSpawn, AgentTurn } from '@agentproxy/plugin'
import { answerRequest, refuseCutRequest } from './answer-request.ts'
import { readMessage, type ClaudeResult } from './claude-message.ts'
import { normalise } from './normalise.ts'
import { Steers } from './steers.ts'
import type { ProcessEnd } from './turn-ending.ts'

/** How long it may take to end after its result. */
const END_GRACE_MS = 10_000
/** How long it may take to end the turn after an interrupt. */
const INTERRUPT_GRACE_MS = 5000

/** Runs Claude Code for one prompt and passes on what it says and asks, until its result. */
export async function runProcess(turn: AgentTurn, options: Omit<AgentSpawn, 'stdin'>): Promise<ProcessEnd> {
  const images = await readImages(turn)
  const child = turn.spawn({ ...options, stdin: 'open' })
  sendJson(child, userMessage(turn.prompt, images))
  const steers = new Steers((text, uuid) => sendJson(child, { ...userMessage(text, []), uuid }))
  const onAbort = (): void => {
    const request = { subtype: 'interrupt' }
    sendJson(child, { type: 'control_request', request_id: 'agentproxy-interrupt', request })
    void endWithin(child, INTERRUPT_GRACE_MS)
  }
  const onSteer = async (text: string): Promise<boolean> => steers.send(text)
  const said = await attended(turn, { onAbort, onSteer }, () => listen(turn, child, steers))
  // Left open, its standard input would keep it waiting for another prompt.
  child.endInput()
  await endWithin(child, END_GRACE_MS)
  return { ...said, exit: await child.exit }
}

function userMessage(text: string, images: Awaited<ReturnType<typeof readImages>>): object {
  const pictures = images.map(({ mediaType, base64 }) => ({
    type: 'image',
    source: { type: 'base64', media_type: mediaType, data: base64 },
  }))
  const content = [...pictures, { type: 'text', text }]
  return { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: '' }
}

/** Reads until the result, or until the output ends. */
async function listen(
  turn: AgentTurn,
  child: AgentProcess,
  steers: Steers,
): Promise<Omit<ProcessEnd, 'exit'>> {
  let sessionId: string | null = null
  let result: ClaudeResult | null = null
  const garbage = new Garbage(turn, 'Claude Code')
  for await (const line of child.lines) {
    if (line.trim() === '') continue
    const message = readMessage(line)
    if (message === null) {
      garbage.add(line)
      refuseCutRequest(child, line)
      continue
    }
    for (const event of normalise(message, turn.workingDir)) turn.emit(event)
    if (message.type === 'control_request') void answerRequest(turn, child, message)
    if (message.type === 'command_lifecycle') steers.seen(message.command_uuid, message.state)
    if (message.type === 'system' || message.type === 'result') {
      const named: string | null = message.session_id ?? sessionId
      if (named !== null && sessionId === null && named !== turn.conversationId)
        turn.emit({ type: 'conversation', id: named })
      sessionId = named
    }
    if (message.type !== 'result') continue
    result = message
    if (turn.signal.aborted || !steers.close()) break
    // What was said too late for this result is answered by one more; then the end of its input ends it.
    child.endInput()
  }
  return { result, sessionId }
}
