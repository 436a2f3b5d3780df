import { describe, expect, it } from 'vitest'
import { anthropic, formats, LossReport } from './index.ts'
import type { Format, Loss, ModelEvent } from './index.ts'

type Json = Record<string, unknown>

// One conversation with all that agents send, through every other format and back. What comes back different must be in
// the loss report, and what is in the report must have come back different or be said by other means.

const thought = [
  { type: 'thinking', thinking: 'Two looks.', signature: 'c2lnbmF0dXJl' },
  { type: 'redacted_thinking', data: 'aGlkZGVu' },
]
const calls = [
  { type: 'tool_use', id: 'toolu_01A', name: 'look', input: { at: 'door' } },
  { type: 'tool_use', id: 'toolu_01B', name: 'list', input: {} },
]
const png = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }
const ephemeral = { type: 'ephemeral' }

const request = {
  model: 'claude-sonnet-4-5',
  max_tokens: 8000,
  stream: true,
  temperature: 1,
  top_p: 0.97,
  top_k: 40,
  stop_sequences: ['END'],
  service_tier: 'auto',
  metadata: { user_id: 'user-1' },
  thinking: { type: 'enabled', budget_tokens: 4096 },
  system: [
    { type: 'text', text: 'Be brief.' },
    { type: 'text', text: 'Use tools.', cache_control: ephemeral },
  ],
  tools: [
    {
      name: 'look',
      description: 'Looks.',
      input_schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
      strict: true,
      cache_control: { type: 'ephemeral', ttl: '1h' },
    },
    { name: 'list', input_schema: { type: 'object', properties: {} } },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
  ],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look twice.' },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          title: 'Plan',
        },
      ],
    },
    { role: 'assistant', content: [...thought, { type: 'text', text: 'Looking.' }, ...calls] },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_01A',
          content: [
            { type: 'text', text: 'A door.' },
            { type: 'image', source: png },
          ],
        },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_01B',
          content: 'No such list.',
          is_error: true,
          cache_control: ephemeral,
        },
        { type: 'text', text: 'Go on.' },
      ],
    },
    { role: 'system', content: 'Hurry.' },
    { role: 'assistant', content: 'Done.' },
    { role: 'user', content: 'Thanks.' },
  ],
}

const answer = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [...thought, { type: 'text', text: 'Looking.' }, ...calls],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: {
    input_tokens: 10,
    cache_creation_input_tokens: 20,
    cache_read_input_tokens: 300,
    output_tokens: 50,
    service_tier: 'standard',
  },
}

interface Fact {
  /** Where it is said, independent of its place in lists: a block is known by what it holds. */
  readonly path: string
  readonly pointer: string
  readonly value: unknown
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every leaf of a document. A content that is a string is one text, as the format defines it. */
function facts(value: unknown, pointer = '', path = ''): Fact[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => facts(item, `${pointer}/${index}`, `${path}/${nameOf(item)}`))
  }
  if (!isObject(value)) return [{ path, pointer, value }]
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${pointer}/${key}`
    if (key === 'content' && typeof inner === 'string')
      return facts([{ type: 'text', text: inner }], at, `${path}/content`)
    return facts(inner, at, `${path}/${key}`)
  })
}

function nameOf(item: unknown): string {
  if (!isObject(item)) return JSON.stringify(item)
  if ('role' in item) return String(item['role'])
  const { id, tool_use_id, name, text, thinking, data, source, type } = item
  return `${String(type)}:${JSON.stringify(id ?? tool_use_id ?? name ?? text ?? thinking ?? data ?? source)}`
}

function said(document: unknown): Map<string, Fact> {
  return new Map(facts(document).map((fact) => [`${fact.path} = ${JSON.stringify(fact.value)}`, fact]))
}

function touches(reported: string, pointer: string): boolean {
  return `${pointer}/`.startsWith(`${reported}/`) || `${reported}/`.startsWith(`${pointer}/`)
}

/** Differences that no report names: what was lost, and what is new without being a reported stand-in. */
function unreported(before: unknown, after: unknown, losses: readonly Loss[]): string[] {
  const [own, back] = [said(before), said(after)]
  const lost = [...own].filter(([key]) => !back.has(key))
  const gained = [...back].filter(([key]) => !own.has(key))
  const named = ({ pointer }: Fact): boolean => losses.some((loss) => touches(loss.pointer, pointer))
  const stands = ({ value, pointer }: Fact): boolean =>
    named({ path: '', pointer, value }) ||
    // Moved: the same value was lost elsewhere, under a report.
    lost.some(([, fact]) => JSON.stringify(fact.value) === JSON.stringify(value) && named(fact))
  return [
    ...lost.filter(([, fact]) => !named(fact)).map(([key]) => `lost ${key}`),
    ...gained.filter(([, fact]) => !stands(fact)).map(([key]) => `gained ${key}`),
  ]
}

/** Texts and calls in their order, which no report excuses. */
function order(document: Json): string[] {
  return facts(document['messages'] ?? document['content']).flatMap(({ path, value }) =>
    /(?:text|tool_use):[^/]*\/(?:text|id)$/.test(path) ? [String(value)] : [],
  )
}

// The way back reports places of the document in between; these are the same fields there.
const SAME_FIELD: readonly (readonly [RegExp, string])[] = [
  [/^\/(?:reasoning_effort|reasoning|generationConfig\/thinkingConfig)/, '/thinking'],
  [/^\/generationConfig\/topK$/, '/top_k'],
]

function thereAndBack(target: Format): { back: Json; losses: Loss[]; codes: string[] } {
  const there = new LossReport()
  const model = target.name === 'gemini' ? 'gemini-2.5-pro' : 'gpt-5'
  const read = anthropic.readRequest(request, there)
  const between: unknown = JSON.parse(JSON.stringify(target.writeRequest({ ...read, model }, there)))
  const returning = new LossReport()
  const again = target.readRequest(between, returning)
  const back = anthropic.writeRequest({ ...again, model: request.model, stream: true }, returning)
  const translated = returning.entries.map((loss) => {
    const [, field] = SAME_FIELD.find(([at]) => at.test(loss.pointer)) ?? []
    return { ...loss, pointer: field ?? `/of the other format${loss.pointer}` }
  })
  const losses = [...there.entries, ...translated]
  return { back, losses, codes: there.entries.map(({ code, pointer }) => `${pointer} ${code}`).toSorted() }
}

const common = [
  '/messages/2/content/1 cache-control-unsupported',
  '/system/1 cache-control-unsupported',
  '/tools/0 cache-control-unsupported',
  '/tools/2 tool-unsupported',
]
const REPORTS: Readonly<Record<string, readonly string[]>> = {
  anthropic: [],
  'openai-chat': [
    ...common,
    '/messages/1/content/0 thinking-unsupported',
    '/messages/1/content/1 thinking-unsupported',
    '/messages/2/content/0 tool-result-media-moved',
    '/messages/2/content/1 tool-error-flag-unsupported',
    '/thinking reasoning-budget-as-effort',
    '/top_k top-k-unsupported',
  ],
  'openai-responses': [
    ...common,
    '/messages/1/content/0 thinking-foreign',
    '/messages/1/content/1 thinking-foreign',
    '/messages/2/content/1 tool-error-flag-unsupported',
    '/stop_sequences stop-sequences-unsupported',
    '/thinking reasoning-budget-as-effort',
    '/top_k top-k-unsupported',
  ],
  gemini: [
    ...common,
    '/messages/0/content/2 document-title-unsupported',
    '/messages/1/content/0 thinking-foreign',
    '/messages/1/content/1 thinking-foreign',
    '/messages/2/content/0 tool-result-media-moved',
    '/messages/3 system-message-as-user',
    '/metadata/user_id user-unsupported',
    '/service_tier service-tier-unsupported',
    '/tool_choice/disable_parallel_tool_use parallel-tool-calls-unsupported',
    '/tools/0 tool-strict-unsupported',
  ],
}

describe.each(Object.values(formats))('a whole conversation through $name and back', (target) => {
  it('keeps the request but for what the report names', () => {
    const { back, losses, codes } = thereAndBack(target)
    expect(unreported(request, back, losses)).toEqual([])
    expect(codes).toEqual(REPORTS[target.name]?.toSorted())
    expect(order(back)).toEqual(order(request))
  })

  it('keeps a JSON answer but for what the report names', () => {
    const loss = new LossReport()
    const between = target.writeResponse(anthropic.readResponse(answer), loss)
    const again = target.readResponse(JSON.parse(JSON.stringify(between)))
    const back = anthropic.writeResponse(again, loss)
    expectAnswer(back, loss, target)
  })

  it('keeps a streamed answer but for what the report names, in the same words as the JSON answer', () => {
    const loss = new LossReport()
    const between = streamed(target, anthropic.readResponse(answer), loss)
    const back = anthropic.writeResponse(streamed(anthropic, between, loss), new LossReport())
    expectAnswer(back, loss, target)
    const whole = target.writeResponse(anthropic.readResponse(answer), new LossReport())
    expect(back).toEqual(anthropic.writeResponse(target.readResponse(whole), new LossReport()))
  })
})

function streamed(format: Format, events: readonly ModelEvent[], loss: LossReport): ModelEvent[] {
  const writer = format.createStreamWriter(loss)
  const reader = format.createStreamReader()
  const text = events.map((event) => writer.write(event)).join('')
  return [...reader.push(Buffer.from(text)), ...reader.end()]
}

const ANSWER_REPORTS: Readonly<Record<string, readonly string[]>> = {
  anthropic: [],
  'openai-chat': ['event-unsupported', 'thinking-signature-unsupported', 'thinking-unsupported'],
  'openai-responses': ['event-unsupported', 'reasoning-tokens-unknown'],
  gemini: ['cache-write-tokens-unsupported', 'event-unsupported', 'thinking-unsupported'],
}

function expectAnswer(back: Json, loss: LossReport, target: Format): void {
  // Of the answer as a whole only Anthropic's own fields may be lost under the report of an unknown event.
  const losses = loss.entries.map((entry) =>
    entry.code === 'event-unsupported' ? { ...entry, pointer: '/usage/service_tier' } : entry,
  )
  expect(unreported(answer, back, losses)).toEqual([])
  expect(order(back)).toEqual(order(answer))
  expect(losses.map(({ code }) => code).toSorted()).toEqual(ANSWER_REPORTS[target.name])
}

it('the comparison notices what nobody reported', () => {
  const { back, losses } = thereAndBack(anthropic)
  const messages = (back['messages'] as Json[]).with(5, { role: 'user', content: 'Thank you.' })
  expect(unreported(request, { ...back, messages, temperature: 0.5 }, losses)).toEqual([
    'lost /temperature = 1',
    'lost /messages/user/content/text:"Thanks."/type = "text"',
    'lost /messages/user/content/text:"Thanks."/text = "Thanks."',
    'gained /temperature = 0.5',
    'gained /messages/user/content/text:"Thank you."/type = "text"',
    'gained /messages/user/content/text:"Thank you."/text = "Thank you."',
  ])
})
