import { WireReadError } from '../errors.ts'
import type { LossReport } from '../loss.ts'
import { extrasOf } from '../json/extras.ts'
import {
  arrayAt,
  isRecord,
  optionalBoolean,
  optionalNumber,
  optionalString,
  recordAt,
  stringAt,
} from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelMessage, ModelRequest, ModelTool, SystemMessage, ToolChoice } from '../model/request.ts'
import { anthropicSource } from './pointers.ts'
import { cacheOf, readContent } from './read-content.ts'
import { readReasoning } from './read-reasoning.ts'

/** Reads the body of `POST /v1/messages`. Nothing is lost: what is not known rides along. */
export function readAnthropicRequest(body: unknown, _loss: LossReport): ModelRequest {
  const {
    model,
    messages,
    system,
    stream,
    tools,
    tool_choice,
    max_tokens,
    temperature,
    top_p,
    top_k,
    ...others
  } = recordAt(body, '')
  const { stop_sequences, thinking, output_config, metadata, service_tier, ...rest } = others
  const config = isRecord(output_config) ? output_config : {}
  const { effort, format, ...configRest } = config
  const { user_id, ...metadataRest } = isRecord(metadata) ? metadata : {}
  const choice = readToolChoice(tool_choice)
  return {
    source: anthropicSource,
    model: stringAt(model, '/model'),
    stream: optionalBoolean(stream, '/stream') ?? false,
    system: readSystem(system),
    messages: arrayAt(messages, '/messages').map((message, index) =>
      readMessage(message, `/messages/${index}`),
    ),
    tools:
      tools === undefined
        ? undefined
        : arrayAt(tools, '/tools').map((tool, i) => readTool(tool, `/tools/${i}`)),
    ...choice,
    responseFormat: readFormat(format),
    reasoning: readReasoning(thinking, effort),
    maxTokens: optionalNumber(max_tokens, '/max_tokens'),
    temperature: optionalNumber(temperature, '/temperature'),
    topP: optionalNumber(top_p, '/top_p'),
    topK: optionalNumber(top_k, '/top_k'),
    stopSequences: readStops(stop_sequences),
    serviceTier: optionalString(service_tier, '/service_tier'),
    user: optionalString(user_id, '/metadata/user_id'),
    extras: extrasOf('anthropic', {
      ...rest,
      ...(Object.keys(configRest).length > 0 ? { output_config: configRest } : {}),
      ...(Object.keys(metadataRest).length > 0 ? { metadata: metadataRest } : {}),
    }),
  }
}

function readSystem(value: unknown): SystemMessage[] {
  if (value === undefined || value === null) return []
  const content = readContent(value, '/system')
  return content.length === 0 ? [] : [{ role: 'system', content }]
}

function readMessage(value: unknown, pointer: string): ModelMessage {
  const { role, content, ...rest } = recordAt(value, pointer)
  const name = stringAt(role, `${pointer}/role`)
  if (name !== 'user' && name !== 'assistant' && name !== 'system') {
    throw new WireReadError('WRONG_TYPE', `${pointer}/role`, `"${name}" is not user, assistant or system`)
  }
  return {
    role: name,
    content: readContent(content, `${pointer}/content`),
    extras: extrasOf('anthropic', rest),
  }
}

function readTool(value: unknown, pointer: string): ModelTool {
  const tool = recordAt(value, pointer)
  const { type, name, description, input_schema, strict, cache_control, ...rest } = tool
  if (type !== undefined && type !== null && type !== 'custom') {
    return { type: 'opaque', format: 'anthropic', name: typeof name === 'string' ? name : null, value: tool }
  }
  return {
    type: 'function',
    name: stringAt(name, `${pointer}/name`),
    description: optionalString(description, `${pointer}/description`),
    parameters: isRecord(input_schema) ? input_schema : undefined,
    strict: optionalBoolean(strict, `${pointer}/strict`),
    cacheControl: cacheOf(cache_control),
    extras: extrasOf('anthropic', rest),
  }
}

function readToolChoice(value: unknown): { toolChoice?: ToolChoice; parallelToolCalls?: boolean } {
  if (!isRecord(value)) return {}
  const { disable_parallel_tool_use: disabled, ...choice } = value
  const parallel = typeof disabled === 'boolean' ? { parallelToolCalls: !disabled } : {}
  return { toolChoice: readChoice(choice), ...parallel }
}

function readChoice(choice: JsonRecord): ToolChoice {
  const { type, name } = choice
  if (type === 'auto' || type === 'none') return { mode: type }
  if (type === 'any') return { mode: 'required' }
  if (type === 'tool' && typeof name === 'string') return { mode: 'tool', name }
  return { mode: 'opaque', format: 'anthropic', value: choice }
}

function readFormat(value: unknown): ModelRequest['responseFormat'] {
  if (!isRecord(value)) return undefined
  const { type, schema, ...rest } = value
  if (type === 'json_schema' && isRecord(schema) && Object.keys(rest).length === 0) return { type, schema }
  return { type: 'opaque', format: 'anthropic', value }
}

function readStops(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined
  return arrayAt(value, '/stop_sequences').map((stop, index) => stringAt(stop, `/stop_sequences/${index}`))
}
