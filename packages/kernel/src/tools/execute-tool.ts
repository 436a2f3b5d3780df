import { PluginError } from '@agentproxy/plugin'
import type { ToolCallOptions } from '@agentproxy/plugin'
import { issueText } from '../config/validate-config.ts'
import { isThenable } from '../deadline.ts'
import type { Generation } from '../lifecycle/generation.ts'
import { nearest } from '../nearest.ts'
import type { AnyTool, Contributed, Snapshot } from '../snapshot/snapshot.ts'
import { textOf } from '../text-of.ts'
import { CallContext } from './call-context.ts'
import { checkAgainstSchema, isStandardSchema } from './json-schema.ts'

const DEFAULT_TIMEOUT_MS = 30_000

export interface ToolCall {
  readonly tool: string
  readonly parameters: unknown
  readonly options: ToolCallOptions
  readonly snapshot: Snapshot
  /** The live generation of the plugin the tool belongs to. */
  ownerOf(plugin: string): Generation | null
  /** Told once for each call that ran. */
  executed(plugin: string, durationMs: number, success: boolean): void
}

/** Runs a tool: validated input, a time limit, and every failure as a PluginError that names tool and plugin. */
export async function executeTool(call: ToolCall): Promise<unknown> {
  const entry = findTool(call)
  const parameters = await readParameters(call.tool, entry, call.parameters)
  const owner = call.ownerOf(entry.plugin)
  const started = performance.now()
  let success = false
  owner?.activity.enter()
  try {
    const value = await run({ call, entry, parameters, owner })
    success = true
    return value
  } finally {
    owner?.activity.leave()
    call.executed(entry.plugin, performance.now() - started, success)
  }
}

interface Run {
  readonly call: ToolCall
  readonly entry: Contributed<AnyTool>
  readonly parameters: Record<string, unknown>
  readonly owner: Generation | null
}

async function run({ call, entry, parameters, owner }: Run): Promise<unknown> {
  const { tool, options } = call
  const failed = (what: string, cause: unknown): PluginError =>
    new PluginError('TOOL_FAILED', `tool ${tool} of plugin ${entry.plugin} ${what}`, {
      plugin: entry.plugin,
      tool,
      cause,
    })
  const sources = [options.signal, owner?.scope.signal].filter((source) => source !== undefined)
  const context = new CallContext(options, sources)
  try {
    const aborted = sources.find((source) => source.aborted)
    if (aborted !== undefined) throw failed(`was cancelled: ${textOf(aborted.reason)}`, aborted.reason)
    const value = entry.value.execute(parameters, context)
    if (!isThenable(value)) return value
    const limitMs = options.timeout ?? DEFAULT_TIMEOUT_MS
    return await settle(value, {
      sources,
      limitMs,
      late: () => timedOut(tool, entry, limitMs),
      cancelled: (reason) => failed(`was cancelled: ${textOf(reason)}`, reason),
    })
  } catch (thrown) {
    context.abort(thrown)
    const known = PluginError.is(thrown) && thrown.tool === tool
    throw known ? thrown : failed(`failed: ${textOf(thrown)}`, thrown)
  } finally {
    context.end()
  }
}

interface Limits {
  readonly sources: readonly AbortSignal[]
  readonly limitMs: number
  readonly late: () => PluginError
  readonly cancelled: (reason: unknown) => PluginError
}

/** Waits for a tool's promise until it is late or somebody cancels. */
function settle(
  value: PromiseLike<unknown>,
  { sources, limitMs, late, cancelled }: Limits,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(late()), limitMs)
    const onAbort = (): void => end(cancelled(sources.find((source) => source.aborted)?.reason))
    const release = (): void => {
      clearTimeout(timer)
      for (const source of sources) source.removeEventListener('abort', onAbort)
    }
    const end = (error: PluginError): void => {
      release()
      reject(error)
    }
    for (const source of sources) source.addEventListener('abort', onAbort)
    Promise.resolve(value).finally(release).then(resolve, reject)
  })
}

function timedOut(tool: string, { plugin }: Contributed<AnyTool>, limitMs: number): PluginError {
  const message = `tool ${tool} of plugin ${plugin} took longer than ${limitMs} ms; raise timeout if it may`
  return new PluginError('TOOL_TIMEOUT', message, { plugin, tool })
}

function findTool({ tool, snapshot }: ToolCall): Contributed<AnyTool> {
  const entry = snapshot.tools.get(tool)
  if (entry !== undefined) return entry
  const near = nearest(tool, [...snapshot.tools.keys()])
  const hint = near === null ? '' : `; did you mean ${near}?`
  throw new PluginError('TOOL_NOT_FOUND', `there is no tool ${tool}${hint}`, { tool })
}

async function readParameters(
  tool: string,
  { plugin, value: { parameters: schema } }: Contributed<AnyTool>,
  given: unknown,
): Promise<Record<string, unknown>> {
  const invalid = (what: string, cause?: unknown): PluginError =>
    new PluginError('TOOL_INPUT_INVALID', `parameters of tool ${tool} are invalid: ${what}`, {
      plugin,
      tool,
      cause,
    })
  const value = given ?? {}
  if (isStandardSchema(schema)) {
    const validate = async () => schema['~standard'].validate(value)
    const result = await validate().catch((thrown: unknown) => {
      throw invalid(`its schema failed: ${textOf(thrown)}`, thrown)
    })
    if (result.issues === undefined) return result.value as Record<string, unknown>
    throw invalid(result.issues.map(issueText).join('; '))
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('must be an object')
  const named = value as Record<string, unknown>
  const problems = checkAgainstSchema(schema, named)
  if (problems.length > 0) throw invalid(problems.join('; '))
  return named
}
