import type { JsonRecord } from '../json/json-record.ts'

/** Fields of a response object that events of their own carry. */
const OWN = new Set([
  'id',
  'object',
  'created_at',
  'status',
  'error',
  'incomplete_details',
  'model',
  'output',
  'usage',
])

/** What a response object says where nothing else is known. */
export const ENVELOPE: JsonRecord = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: null,
  store: false,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
}

/** Fields of a response object that say something: neither an event's nor as they are by default. */
export function envelopeFields(response: JsonRecord): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(response).filter(
      ([key, value]) =>
        !OWN.has(key) && value !== null && JSON.stringify(value) !== JSON.stringify(ENVELOPE[key]),
    ),
  )
}
