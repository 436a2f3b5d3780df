import { WireReadError } from '../errors.ts'
import { extrasOf } from '../json/extras.ts'
import {
  isRecord,
  optionalBoolean,
  optionalNumber,
  optionalString,
  recordAt,
  stringAt,
} from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import type { ModelRequest } from '../model/request.ts'
import { readConversation } from './read-items.ts'
import { readResponseFormat, readToolChoice, readTools } from './read-tools.ts'
import { responsesSource } from './source.ts'

/** Reads the body of `POST /v1/responses`. Nothing is lost: what is not known rides along. */
export function readOpenaiResponsesRequest(body: unknown, _loss: LossReport): ModelRequest {
  const { model, input, instructions, stream, tools, tool_choice, parallel_tool_calls, ...others } = recordAt(
    body,
    '',
  )
  const { text, reasoning, max_output_tokens, temperature, top_p, top_logprobs, ...named } = others
  const { service_tier, user, ...rest } = named
  // A stored prompt may bring its own input.
  if (input === undefined && rest['prompt'] === undefined) {
    throw new WireReadError('MISSING_FIELD', '/input', 'Expected a string or an array, found nothing')
  }
  const { system, messages, spots } = readConversation(instructions, input)
  const toolbox = readTools(tools)
  const { format, ...textRest } = isRecord(text) ? text : {}
  const thinking = readReasoning(reasoning)
  return {
    source: responsesSource({ ...spots, tools: toolbox.spots }),
    model: stringAt(model, '/model'),
    stream: optionalBoolean(stream, '/stream') ?? false,
    system,
    messages,
    tools: toolbox.tools,
    toolChoice: readToolChoice(tool_choice),
    parallelToolCalls: optionalBoolean(parallel_tool_calls, '/parallel_tool_calls'),
    responseFormat: readResponseFormat(format),
    reasoning: thinking.reasoning,
    maxTokens: optionalNumber(max_output_tokens, '/max_output_tokens'),
    temperature: optionalNumber(temperature, '/temperature'),
    topP: optionalNumber(top_p, '/top_p'),
    topLogprobs: optionalNumber(top_logprobs, '/top_logprobs'),
    serviceTier: optionalString(service_tier, '/service_tier'),
    user: optionalString(user, '/user'),
    extras: extrasOf('openai-responses', {
      ...rest,
      ...(Object.keys(textRest).length > 0 ? { text: textRest } : {}),
      ...(Object.keys(thinking.unread).length > 0 ? { reasoning: thinking.unread } : {}),
    }),
  }
}

/** How the reasoning is to be summed up rides along: asking for a summary alone does not ask for thinking. */
function readReasoning(value: unknown): { reasoning: ModelRequest['reasoning']; unread: JsonRecord } {
  const { effort, ...unread } = isRecord(value) ? value : {}
  const word = optionalString(effort, '/reasoning/effort')
  if (word === undefined) return { reasoning: undefined, unread }
  return { reasoning: word === 'none' ? { mode: 'disabled' } : { effort: word }, unread }
}
