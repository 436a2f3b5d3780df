import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createReporter } from '../model/reporter.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelRequest } from '../model/request.ts'
import { writeServiceTier, writeUser } from '../openai/request-fields.ts'
import { takeOpenaiFields } from '../openai/shared-fields.ts'
import type { Written } from './write-content.ts'
import { writeMessages } from './write-messages.ts'
import { writeReasoningEffort } from '../openai/reasoning-effort.ts'
import { writeResponseFormat, writeTools, writeToolChoice } from './write-tools.ts'

/** Writes the body of `POST /v1/chat/completions`. A stream is always asked for its usage. */
export function writeOpenaiChatRequest(request: ModelRequest, loss: LossReport): Written {
  const to = createReporter(request, 'openai-chat', loss)
  const { shared, extras } = takeOpenaiFields(request, 'openai-chat')
  const riding = to.riding(extras, { field: 'extras' }) ?? {}
  const streamRest = isRecord(riding['stream_options']) ? riding['stream_options'] : {}
  const tools = writeTools(to)
  const hasTools = tools !== undefined && tools.length > 0
  return defined({
    model: request.model,
    messages: writeMessages(to),
    ...writeToolFields(tools, writeToolChoice(hasTools, to), to),
    parallel_tool_calls: hasTools || to.isSameFormat ? request.parallelToolCalls : undefined,
    response_format: writeResponseFormat(request.responseFormat, to),
    reasoning_effort: writeReasoningEffort(to),
    [maxTokensField(to)]: request.maxTokens,
    ...writeSampling(to),
    user: writeUser(to),
    stream: request.stream || undefined,
    ...shared,
    ...riding,
    stream_options: request.stream ? { ...streamRest, include_usage: true } : undefined,
  })
}

/** `tools` and `tool_choice`, or the `functions` and `function_call` they came as. */
function writeToolFields(tools: Written[] | undefined, choice: unknown, to: Reporter): Written {
  if (!to.isSameFormat || to.request.legacyFunctions !== true) return { tools, tool_choice: choice }
  return {
    functions: tools?.map(({ type: _type, function: fn, ...unread }) => ({ ...Object(fn), ...unread })),
    function_call: isRecord(choice) ? choice['function'] : choice,
  }
}

/**
 * OpenAI's reasoning models refuse `max_tokens`; many compatible servers know nothing else. A client of this format
 * has already chosen.
 */
function maxTokensField(to: Reporter): 'max_tokens' | 'max_completion_tokens' {
  if (to.isSameFormat) return to.request.legacyMaxTokens ? 'max_tokens' : 'max_completion_tokens'
  return /(?:^|\/)(?:gpt-|chatgpt|codex|o\d)/.test(to.request.model) ? 'max_completion_tokens' : 'max_tokens'
}

function writeSampling(to: Reporter): Written {
  const { request } = to
  const { temperature, topP, topK, seed, frequencyPenalty, presencePenalty, logprobs, topLogprobs, n } =
    request
  if (topK !== undefined && !to.isSameFormat) {
    to.add('dropped', 'top-k-unsupported', { field: 'topK' }, 'Chat Completions has no top_k.')
  }
  return {
    temperature,
    top_p: topP,
    top_k: to.isSameFormat ? topK : undefined,
    seed,
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    logprobs,
    top_logprobs: topLogprobs,
    n,
    stop: writeStops(to),
    service_tier: writeServiceTier(to),
  }
}

/** OpenAI takes at most four stop sequences. */
function writeStops(to: Reporter): readonly string[] | undefined {
  const { stopSequences } = to.request
  if (stopSequences === undefined || to.isSameFormat) return stopSequences
  if (stopSequences.length > 4) {
    to.add(
      'dropped',
      'stop-sequences-limited',
      { field: 'stopSequences' },
      'OpenAI takes four stop sequences; the others were left out.',
    )
  }
  return stopSequences.length === 0 ? undefined : stopSequences.slice(0, 4)
}
