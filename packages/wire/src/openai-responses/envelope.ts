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
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  service_tier: null,
  store: false,
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: null,
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
