import type { AgentEvent, AgentPermissionRequest, PermissionAnswer } from '@agentproxy/plugin'
import { z } from 'zod'
import { confineForWriting, displayPath } from './tools/confine.ts'
import type { BuiltinTool, PreparedCall, ToolOutcome, ToolRoom } from './tools/tool.ts'

/** Largest input, as JSON; keeps each line of the process protocol well under the host's line cap. */
const MAX_INPUT_BYTES = 400_000

/** What a turn lends its tools. */
export interface ToolHost {
  readonly tools: ReadonlyMap<string, BuiltinTool>
  readonly room: ToolRoom
  /** Tools that need no permission. */
  readonly allowedTools: ReadonlySet<string>
  readonly emit: (event: AgentEvent) => void
  readonly requestPermission: (request: AgentPermissionRequest) => Promise<PermissionAnswer>
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** Runs one call of the model, permission included. Whatever goes wrong becomes an outcome the model can read. */
export async function runTool(call: ToolCall, host: ToolHost): Promise<ToolOutcome> {
  const outcome = await attempt(call, host)
  host.emit({ type: 'tool_result', id: call.id, ...outcome })
  return outcome
}

async function attempt(call: ToolCall, host: ToolHost): Promise<ToolOutcome> {
  const size = Buffer.byteLength(JSON.stringify(call.input) ?? '')
  const input = size > MAX_INPUT_BYTES ? { left_out: `${size} bytes` } : call.input
  const unknown = { ...call, type: 'tool_call', kind: 'other', title: call.name, input, paths: [] } as const
  const tool = host.tools.get(call.name)
  if (tool === undefined || size > MAX_INPUT_BYTES) {
    host.emit(unknown)
    const output =
      tool === undefined
        ? `There is no tool ${call.name}.`
        : `The input has ${size} bytes, more than ${MAX_INPUT_BYTES}; do it in smaller parts.`
    return { ok: false, output }
  }
  try {
    const prepared = tool.prepare(call.input)
    const paths = prepared.paths.map((path) => displayPath(host.room.root, path))
    host.emit({ ...unknown, kind: tool.kind, title: prepared.title, paths })
    if (tool.asks && !host.allowedTools.has(tool.name)) {
      const refusal = await ask(call, tool, { prepared, host })
      if (refusal !== null) return refusal
    }
    host.room.signal.throwIfAborted()
    return await prepared.run(host.room)
  } catch (error) {
    return { ok: false, output: wording(error, host.room.signal) }
  }
}

/** Null when allowed. The policy sees the real path of a file, so that a link cannot hide what is written. */
async function ask(
  call: ToolCall,
  tool: BuiltinTool,
  asked: { prepared: PreparedCall; host: ToolHost },
): Promise<ToolOutcome | null> {
  const { prepared, host } = asked
  const paths: string[] = []
  for (const path of prepared.paths) {
    paths.push(displayPath(host.room.root, await confineForWriting(host.room.root, path)))
  }
  const { title } = prepared
  const answer = await host.requestPermission({
    tool: tool.name,
    kind: tool.kind,
    title,
    input: call.input,
    paths,
  })
  return answer.decision === 'allow' ? null : { ok: false, output: `Not allowed: ${answer.reason}` }
}

function wording(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'Stopped: the turn was cancelled.'
  if (error instanceof z.ZodError) return `The input does not fit: ${z.prettifyError(error)}`
  return error instanceof Error ? error.message : String(error)
}
