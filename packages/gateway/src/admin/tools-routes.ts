import type { FastifyInstance } from 'fastify'
import { schemaDocument } from '@agentproxy/kernel'
import { PluginError } from '@agentproxy/plugin'
import { failure } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { sendError } from '../routes/dialect.ts'
import { untilClosed } from '../routes/until-closed.ts'
import { readJsonObject } from '../web/read-json-object.ts'
import type { PluginAdmin } from './plugin-admin.ts'
import { sendPluginError } from './plugin-failure.ts'

interface ToolCall {
  readonly parameters: unknown
  /** Milliseconds; null = the host's default. */
  readonly timeout: number | null
}

const OWNER = { config: { access: 'owner' } } as const

/** Adds `GET /tools` and `POST /tools/{name}`, for the owner alone. */
export function addToolsRoutes(app: FastifyInstance, runtime: GatewayRuntime, admin: PluginAdmin): void {
  app.get('/tools', OWNER, ({ live }) => {
    const tools = [...live.tools].map(([name, { plugin, value }]) => ({
      name,
      plugin,
      description: value.description,
      parameters: schemaDocument(value.parameters),
    }))
    return { tools, total: tools.length }
  })
  app.post<{ Params: { readonly name: string } }>('/tools/:name', OWNER, async (request, reply) => {
    const call = readCall(request.body)
    if (typeof call === 'string') return sendError(request, reply, failure('invalid_request', call))
    const tool = request.params.name
    try {
      const options = {
        signal: untilClosed(runtime, reply),
        ...(call.timeout !== null && { timeout: call.timeout }),
      }
      const value = await admin.executeTool(tool, call.parameters, options)
      return await reply.type('application/json').send(writeValue(tool, value))
    } catch (thrown) {
      return sendPluginError(reply, thrown)
    }
  })
}

function writeValue(tool: string, value: unknown): string {
  try {
    return JSON.stringify({ tool, value: value ?? null })
  } catch (cause) {
    throw new PluginError('TOOL_FAILED', `tool ${tool} gave a value that JSON cannot hold`, { tool, cause })
  }
}

/** What is wrong, in words, if it is no call. An empty body is a call without parameters. */
function readCall(body: unknown): ToolCall | string {
  const text = Buffer.isBuffer(body) ? body.toString() : ''
  const read = text === '' ? {} : readJsonObject(text)
  if (read === null) return 'The request body must be a JSON object, as {"parameters": {}, "timeout": 5000}.'
  const { parameters = {}, timeout = null, ...others } = read
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    return `Unknown field "${unknown}". A tool call has "parameters" and "timeout" only.`
  if (timeout !== null && !isMilliseconds(timeout))
    return '"timeout" must be a number of milliseconds above 0.'
  return { parameters, timeout }
}

/** The most a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1

function isMilliseconds(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= LONGEST_MS
}
