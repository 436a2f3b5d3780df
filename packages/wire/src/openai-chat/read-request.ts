import { WireReadError } from '../errors.ts'
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
import type { LossReport } from '../loss.ts'
import type { ContentBlock, ModelMessage, ModelRequest, SystemMessage } from '../model/request.ts'
import { createCallIds } from '../model/call-ids.ts'
import type { CallIds } from '../model/call-ids.ts'
import { openaiChatSource } from './pointers.ts'
import { readContent, readToolCalls } from './read-content.ts'
import { asToolChoice, readFunction, readResponseFormat, readTool, readToolChoice } from './read-tools.ts'

/** Reads the body of `POST /v1/chat/completions`. Nothing is lost: what is not known rides along. */
export function readOpenaiChatRequest(body: unknown, _loss: LossReport): ModelRequest {
  const { model, messages, stream, stream_options, tools, tool_choice, parallel_tool_calls, ...others } =
    recordAt(body, '')
  const { response_format, reasoning_effort, stop, user, service_tier, ...numbers } = others
  const { max_completion_tokens, max_tokens, functions, function_call, ...rest } = numbers
  const isOldTools = Array.isArray(functions) && tools === undefined
  const { sampling, unread } = readSampling(rest)
  const { include_usage, ...streamRest } = isRecord(stream_options) ? stream_options : {}
  const conversation = readMessages(messages)
  const isLegacy =
    (max_completion_tokens === undefined || max_completion_tokens === null) && typeof max_tokens === 'number'
  const limit = isLegacy ? max_tokens : max_completion_tokens
  return {
    source: openaiChatSource,
    model: stringAt(model, '/model'),
    stream: optionalBoolean(stream, '/stream') ?? false,
    includeUsage: optionalBoolean(include_usage, '/stream_options/include_usage'),
    ...conversation,
    tools: isOldTools ? readList(functions, '/functions', readFunction) : readList(tools, '/tools', readTool),
    toolChoice: readToolChoice(isOldTools ? asToolChoice(function_call) : tool_choice),
    legacyFunctions: isOldTools || undefined,
    parallelToolCalls: optionalBoolean(parallel_tool_calls, '/parallel_tool_calls'),
    responseFormat: readResponseFormat(response_format),
    reasoning: readReasoning(reasoning_effort),
    maxTokens: optionalNumber(limit, isLegacy ? '/max_tokens' : '/max_completion_tokens'),
    legacyMaxTokens: isLegacy || undefined,
    ...sampling,
    stopSequences: typeof stop === 'string' ? [stop] : readList(stop, '/stop', stringAt),
    serviceTier: optionalString(service_tier, '/service_tier'),
    user: optionalString(user, '/user'),
    extras: extrasOf('openai-chat', {
      ...unread,
      ...(isOldTools || functions === undefined ? {} : { functions }),
      ...(isOldTools || function_call === undefined ? {} : { function_call }),
      ...(isLegacy || max_tokens === undefined ? {} : { max_tokens }),
      ...(Object.keys(streamRest).length > 0 ? { stream_options: streamRest } : {}),
    }),
  }
}

function readSampling(fields: JsonRecord): { sampling: Partial<ModelRequest>; unread: JsonRecord } {
  const {
    temperature,
    top_p,
    top_k,
    seed,
    frequency_penalty,
    presence_penalty,
    logprobs,
    top_logprobs,
    n,
    ...unread
  } = fields
  const sampling = {
    temperature: optionalNumber(temperature, '/temperature'),
    topP: optionalNumber(top_p, '/top_p'),
    topK: optionalNumber(top_k, '/top_k'),
    seed: optionalNumber(seed, '/seed'),
    frequencyPenalty: optionalNumber(frequency_penalty, '/frequency_penalty'),
    presencePenalty: optionalNumber(presence_penalty, '/presence_penalty'),
    logprobs: optionalBoolean(logprobs, '/logprobs'),
    topLogprobs: optionalNumber(top_logprobs, '/top_logprobs'),
    n: optionalNumber(n, '/n'),
  }
  return { sampling, unread }
}

function readReasoning(effort: unknown): ModelRequest['reasoning'] {
  const word = optionalString(effort, '/reasoning_effort')
  if (word === undefined) return undefined
  return word === 'none' ? { mode: 'disabled' } : { effort: word }
}

function readList<T>(
  value: unknown,
  pointer: string,
  read: (item: unknown, pointer: string) => T,
): T[] | undefined {
  if (value === undefined || value === null) return undefined
  return arrayAt(value, pointer).map((item, index) => read(item, `${pointer}/${index}`))
}

/** Leading system and developer messages are the system prompt; later ones stay in the conversation. */
function readMessages(value: unknown): { system: SystemMessage[]; messages: ModelMessage[] } {
  const system: SystemMessage[] = []
  const messages: ModelMessage[] = []
  const ids = createCallIds()
  for (const [index, item] of arrayAt(value, '/messages').entries()) {
    const message = readMessage(item, `/messages/${index}`, ids)
    const { role, content, extras } = message
    if (messages.length === 0 && (role === 'system' || role === 'developer'))
      system.push({ role, content, extras })
    else messages.push(message)
  }
  return { system, messages }
}

function readMessage(value: unknown, pointer: string, ids: CallIds): ModelMessage {
  const { role, content, ...rest } = recordAt(value, pointer)
  const name = stringAt(role, `${pointer}/role`)
  switch (name) {
    case 'system':
    case 'developer':
    case 'user':
      return {
        role: name,
        content: readContent(content, `${pointer}/content`),
        extras: extrasOf('openai-chat', rest),
      }
    case 'assistant':
      return readAssistant(content, rest, { pointer, ids })
    case 'tool': {
      const { tool_call_id, ...unread } = rest
      const callId = stringAt(tool_call_id, `${pointer}/tool_call_id`)
      const blocks = readContent(content, `${pointer}/content`)
      return {
        role: name,
        content: [{ type: 'tool_result', callId, content: blocks, isError: false }],
        extras: extrasOf('openai-chat', unread),
      }
    }
    case 'function': {
      const { name: called, ...unread } = rest
      const tool = stringAt(called, `${pointer}/name`)
      const blocks = readContent(content, `${pointer}/content`)
      const callId = ids.result(undefined, tool)
      return {
        role: 'tool',
        content: [{ type: 'tool_result', callId, name: tool, content: blocks, isError: false }],
        extras: extrasOf('openai-chat', unread),
      }
    }
    default:
      throw new WireReadError('WRONG_TYPE', `${pointer}/role`, `"${name}" is no role of a chat message`)
  }
}

function readAssistant(
  content: unknown,
  fields: JsonRecord,
  { pointer, ids }: { readonly pointer: string; readonly ids: CallIds },
): ModelMessage {
  const { refusal, tool_calls, reasoning_content, function_call, ...rest } = fields
  const blocks: ContentBlock[] = []
  const thinking = optionalString(reasoning_content, `${pointer}/reasoning_content`)
  if (thinking !== undefined) blocks.push({ type: 'thinking', issuer: 'openai-chat', text: thinking })
  blocks.push(...readContent(content, `${pointer}/content`))
  const refused = optionalString(refusal, `${pointer}/refusal`)
  if (refused !== undefined) blocks.push({ type: 'refusal', text: refused })
  blocks.push(...readToolCalls(tool_calls, `${pointer}/tool_calls`))
  if (isRecord(function_call)) {
    const name = stringAt(function_call['name'], `${pointer}/function_call/name`)
    const input = optionalString(function_call['arguments'], `${pointer}/function_call/arguments`) ?? ''
    blocks.push({ type: 'tool_call', id: ids.call(undefined, name), name, arguments: input })
  }
  return { role: 'assistant', content: blocks, extras: extrasOf('openai-chat', rest) }
}
