import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geminiDocument } from './gemini/request-documents.test-support.ts'
import { anthropic, createSseParser, gemini, LossReport, openaiChat, openaiResponses } from './index.ts'
import type { Format, ModelErrorType, ModelEvent } from './index.ts'
import { madeRecordings, sharedRecordings } from './recordings.test-support.ts'
import { anthropicDocument, chatDocument, responsesDocument } from './request-documents.test-support.ts'
import { hasVendorSchemas, judgeBy } from './vendor-schemas.test-support.ts'
import type { Judge } from './vendor-schemas.test-support.ts'

type Json = Record<string, unknown>

const DOCUMENTS = [
  [anthropic, anthropicDocument],
  [openaiChat, chatDocument],
  [openaiResponses, responsesDocument],
  [gemini, geminiDocument],
] as const

// The descriptions are of one day; what is newer is put in the words of then before it is judged.

/** Copies a document, with every object as `change` has it. */
function rewritten(value: unknown, change: (object: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((item) => rewritten(item, change))
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.entries(value).map(([key, one]) => [key, rewritten(one, change)] as const)
  return change(Object.fromEntries(inner))
}

const OLD_EFFORTS: ReadonlySet<unknown> = new Set(['low', 'medium', 'high', undefined])

/** Chat Completions before custom tools and the newer efforts. */
function olderChat(document: unknown): unknown {
  return rewritten(document, (object) => {
    const { custom, ...rest } = object
    if (object['type'] === 'custom' && isObject(custom)) {
      const { name, input } = custom
      const body = input === undefined ? { name } : { name, arguments: input }
      return { ...rest, type: 'function', function: body }
    }
    return OLD_EFFORTS.has(object['reasoning_effort']) ? object : { ...object, reasoning_effort: 'high' }
  })
}

/** Open Responses, which leaves custom tools, audio, JSON of any shape, tiers and images of the system to OpenAI. */
function openResponses(document: unknown): unknown {
  return rewritten(document, (object) => {
    const { type, name, input } = object
    if (type === 'custom_tool_call')
      return { ...object, type: 'function_call', arguments: input, input: undefined }
    if (type === 'custom_tool_call_output') return { ...object, type: 'function_call_output' }
    if (type === 'custom') return input === undefined ? { type: 'function', name } : object
    if (type === 'json_object') return { type: 'text' }
    if (type === 'input_audio') return { type: 'input_text', text: '' }
    if (object['role'] === 'system' || object['role'] === 'developer') return { ...object, content: '' }
    if (object['object'] === 'response')
      return { ...object, service_tier: object['service_tier'] ?? 'default' }
    return OLD_EFFORTS.has(object['effort']) ? object : { ...object, effort: 'high' }
  })
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects a stream carries, but for the mark at its end. */
function sentBy(text: string): unknown[] {
  const parser = createSseParser()
  const events = [...parser.push(Buffer.from(text)), ...parser.end()]
  return events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as unknown)
}

interface Vendor {
  readonly format: Format
  readonly request: Judge
  readonly answer: Judge
  readonly event: Judge
  readonly error: Judge
}

function claude(name: string): Judge {
  return judgeBy('anthropic.json', name)
}

function chat(name: string): Judge {
  const judge = judgeBy('openai_chat.json', name)
  return (value) => judge(olderChat(value))
}

function responses(name: string): Judge {
  const judge = judgeBy('openresponses.json', name)
  return (value) => judge(openResponses(value))
}

function vendors(): Vendor[] {
  return [
    {
      format: anthropic,
      request: claude('BetaCreateMessageParams'),
      answer: claude('BetaMessage'),
      event: withoutPings(claude('BetaMessageStreamEvent')),
      error: claude('BetaErrorResponse'),
    },
    {
      format: openaiChat,
      request: chat('CreateChatCompletionRequest'),
      answer: chat('CreateChatCompletionResponse'),
      event: chat('CreateChatCompletionStreamResponse'),
      error: chat('ErrorResponse'),
    },
    {
      format: openaiResponses,
      request: responses('CreateResponseBody'),
      answer: responses('ResponseResource'),
      event: judgeEvents(),
      error: () => [],
    },
  ]
}

/** Anthropic documents pings in words only. */
function withoutPings(judge: Judge): Judge {
  return (event) => (isObject(event) && event['type'] === 'ping' ? [] : judge(event))
}

const EVENTS: Readonly<Record<string, string>> = {
  'response.created': 'ResponseCreatedStreamingEvent',
  'response.in_progress': 'ResponseInProgressStreamingEvent',
  'response.completed': 'ResponseCompletedStreamingEvent',
  'response.incomplete': 'ResponseIncompleteStreamingEvent',
  'response.failed': 'ResponseFailedStreamingEvent',
  'response.output_item.added': 'ResponseOutputItemAddedStreamingEvent',
  'response.output_item.done': 'ResponseOutputItemDoneStreamingEvent',
  'response.content_part.added': 'ResponseContentPartAddedStreamingEvent',
  'response.content_part.done': 'ResponseContentPartDoneStreamingEvent',
  'response.output_text.delta': 'ResponseOutputTextDeltaStreamingEvent',
  'response.output_text.done': 'ResponseOutputTextDoneStreamingEvent',
  'response.refusal.delta': 'ResponseRefusalDeltaStreamingEvent',
  'response.refusal.done': 'ResponseRefusalDoneStreamingEvent',
  'response.reasoning_summary_part.added': 'ResponseReasoningSummaryPartAddedStreamingEvent',
  'response.reasoning_summary_part.done': 'ResponseReasoningSummaryPartDoneStreamingEvent',
  'response.reasoning_summary_text.delta': 'ResponseReasoningSummaryDeltaStreamingEvent',
  'response.reasoning_summary_text.done': 'ResponseReasoningSummaryDoneStreamingEvent',
  'response.function_call_arguments.delta': 'ResponseFunctionCallArgumentsDeltaStreamingEvent',
  'response.function_call_arguments.done': 'ResponseFunctionCallArgumentsDoneStreamingEvent',
}

/** Every event by the schema of its own type; those of custom tools are OpenAI's alone. */
function judgeEvents(): Judge {
  const judges = new Map(Object.entries(EVENTS).map(([type, name]) => [type, responses(name)]))
  return (event) => {
    const type = isObject(event) ? String(event['type']) : ''
    if (type.startsWith('response.custom_tool_call_input.')) return []
    return judges.get(type)?.(event) ?? [`an event of the unknown type ${type}`]
  }
}

const ERRORS: readonly ModelErrorType[] = [
  'invalid_request',
  'rate_limit',
  'overloaded',
  'truncated',
  'internal',
]

describe.skipIf(!hasVendorSchemas)("the vendors' own descriptions", () => {
  const judged = hasVendorSchemas ? vendors() : []

  it.each(judged)('allow every $format.name request that is written', ({ format: target, request }) => {
    for (const [source, documents] of DOCUMENTS) {
      if (source === target) continue
      fc.assert(
        fc.property(documents, (document) => {
          const read = { ...source.readRequest(document, new LossReport()), model: 'm' }
          fc.pre(read.messages.length > 0)
          const written = target.writeRequest(read, new LossReport())
          fc.pre(!isEmptyConversation(written))
          expect(request(written)).toEqual([])
        }),
        { numRuns: 60 },
      )
    }
  })

  const recordings = [...madeRecordings(), ...sharedRecordings()]

  it.each(judged)('allow every $format.name answer that is written', ({ format, answer, event }) => {
    for (const { name, format: source, bytes } of recordings) {
      if (source === format) continue
      const reader = source.createStreamReader()
      const events: ModelEvent[] = [...reader.push(bytes), ...reader.end()]
      expect([name, answer(format.writeResponse(events, new LossReport()))]).toEqual([name, []])
      const writer = format.createStreamWriter(new LossReport())
      const sent = sentBy(events.map((one) => writer.keepAlive() + writer.write(one)).join(''))
      expect(sent.length).toBeGreaterThan(2)
      const wrong = sent.flatMap((one) =>
        event(one).map((line) => [name, JSON.stringify(one).slice(0, 300), line]),
      )
      expect(wrong).toEqual([])
    }
  })

  it.each(judged)('allow every $format.name error that is written', ({ format, error }) => {
    for (const type of ERRORS) {
      const told = { type, message: 'No.', status: 400, vendorType: null, retryAfterMs: 1000, requestId: 'r' }
      expect(error(format.writeError(told))).toEqual([])
    }
  })
})

/** A conversation of nothing the target can say. */
function isEmptyConversation(written: Json): boolean {
  const said = written['messages'] ?? written['input']
  return Array.isArray(said) && said.length === 0
}
