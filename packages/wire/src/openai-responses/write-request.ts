import { defined } from '../json/defined.ts'
import type { LossReport } from '../loss.ts'
import { takeOpenaiFields } from '../openai/shared-fields.ts'
import { createReporter } from '../model/reporter.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelRequest } from '../model/request.ts'
import { writeServiceTier, writeUser } from '../openai/request-fields.ts'
import type { Written } from './write-content.ts'
import { writeConversation } from './write-items.ts'
import { writeReasoning } from './write-reasoning.ts'
import { writeResponseFormat, writeToolChoice, writeTools } from './write-tools.ts'

/** The least `max_output_tokens` OpenAI takes. */
const MIN_OUTPUT_TOKENS = 16

/** Fields the Responses format has no place for, with the value that asks for nothing. */
const UNSUPPORTED: readonly (readonly [keyof ModelRequest, string, unknown])[] = [
  ['topK', 'top-k-unsupported', undefined],
  ['seed', 'seed-unsupported', undefined],
  ['frequencyPenalty', 'frequency-penalty-unsupported', 0],
  ['presencePenalty', 'presence-penalty-unsupported', 0],
  ['logprobs', 'logprobs-unsupported', false],
  ['topLogprobs', 'top-logprobs-unsupported', 0],
  ['n', 'n-unsupported', 1],
]

/** Writes the body of `POST /v1/responses`. */
export function writeOpenaiResponsesRequest(request: ModelRequest, loss: LossReport): Written {
  const to = createReporter(request, 'openai-responses', loss)
  const { shared, extras } = takeOpenaiFields(request, 'openai-responses')
  const { text: textRest, reasoning: reasoningRest, ...riding } = to.riding(extras, { field: 'extras' }) ?? {}
  const { instructions, input } = writeConversation(to)
  const tools = writeTools(to)
  const hasTools = tools !== undefined && tools.length > 0
  const text = defined({ format: writeResponseFormat(request.responseFormat, to), ...Object(textRest) })
  if (!to.isSameFormat) reportUnsupported(to)
  return defined({
    model: request.model,
    instructions,
    input: input.length === 0 && riding['prompt'] !== undefined ? undefined : input,
    tools,
    tool_choice: writeToolChoice(hasTools, to),
    parallel_tool_calls: hasTools || to.isSameFormat ? request.parallelToolCalls : undefined,
    text: Object.keys(text).length > 0 ? text : undefined,
    reasoning: writeReasoning(reasoningRest, to),
    max_output_tokens: writeMaxTokens(to),
    temperature: request.temperature,
    top_p: request.topP,
    top_logprobs: to.isSameFormat ? request.topLogprobs : undefined,
    service_tier: writeServiceTier(to),
    user: writeUser(to),
    stream: request.stream || undefined,
    ...shared,
    ...(to.isSameFormat ? riding : statelessness(request)),
  })
}

/**
 * Clients of other formats bring the whole conversation each time and asked nobody to keep it. Reasoning can then only
 * come back encrypted, which models that do not reason refuse to give.
 */
function statelessness({ reasoning }: ModelRequest): Written {
  const isThinking = reasoning !== undefined && reasoning.mode !== 'disabled'
  return { store: false, ...(isThinking ? { include: ['reasoning.encrypted_content'] } : {}) }
}

function reportUnsupported(to: Reporter): void {
  const { request } = to
  for (const [field, code, neutral] of UNSUPPORTED) {
    if (request[field] !== undefined && request[field] !== neutral) {
      to.add('dropped', code, { field }, `The Responses format has no ${field}.`)
    }
  }
  if (request.stopSequences !== undefined && request.stopSequences.length > 0) {
    const detail = 'The Responses format has no stop sequences.'
    to.add('dropped', 'stop-sequences-unsupported', { field: 'stopSequences' }, detail)
  }
}

function writeMaxTokens(to: Reporter): number | undefined {
  const { maxTokens } = to.request
  if (maxTokens === undefined || to.isSameFormat || maxTokens >= MIN_OUTPUT_TOKENS) return maxTokens
  const detail = `OpenAI takes no limit below ${MIN_OUTPUT_TOKENS}; ${maxTokens} became ${MIN_OUTPUT_TOKENS}.`
  to.add('changed', 'max-tokens-raised', { field: 'maxTokens' }, detail)
  return MIN_OUTPUT_TOKENS
}
