import Anthropic from '@anthropic-ai/sdk'
import type { WireFormat } from '@agentproxy/plugin'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { OWNER_TOKEN } from './test-gateway.ts'

/** What a vendor's own client made of a stream. */
export interface SdkAnswer {
  readonly text: string
  readonly thoughts: string
  readonly calls: readonly { readonly name: string; readonly args: unknown }[]
  readonly stop: unknown
  readonly input: number | null | undefined
  readonly output: number | null | undefined
  readonly ids: ReadonlySet<string>
}

const schema = { type: 'object' as const, properties: { path: { type: 'string' } } }
const TOOL = { name: 'look', description: 'Looks.' }
const messages = [{ role: 'user' as const, content: 'hi' }]

/** Asks with the official client of a format, with a tool called `look`, and reads the stream to its end. */
export function askWithSdk(format: WireFormat, url: string, model: string): Promise<SdkAnswer> {
  switch (format) {
    case 'anthropic':
      return askAnthropic(url, model)
    case 'openai-chat':
      return askChat(url, model)
    case 'openai-responses':
      return askResponses(url, model)
    case 'gemini':
      return askGemini(url, model)
  }
}

async function askAnthropic(baseURL: string, model: string): Promise<SdkAnswer> {
  const client = new Anthropic({ baseURL, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const stream = client.messages.stream({
    model,
    max_tokens: 500,
    messages,
    tools: [{ ...TOOL, input_schema: schema }],
  })
  const { content, stop_reason, usage, id } = await stream.finalMessage()
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thoughts: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ name: block.name, args: block.input }] : [],
    ),
    stop: stop_reason,
    input: usage.input_tokens,
    output: usage.output_tokens,
    ids: new Set([id]),
  }
}

async function askChat(url: string, model: string): Promise<SdkAnswer> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const ids = new Set<string>()
  let thoughts = ''
  const stream = client.chat.completions
    .stream({
      model,
      messages,
      stream_options: { include_usage: true },
      tools: [{ type: 'function', function: { ...TOOL, parameters: schema } }],
    })
    .on('chunk', ({ id, choices }) => {
      ids.add(id)
      thoughts += (choices[0]?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? ''
    })
  const { choices, usage } = await stream.finalChatCompletion()
  const [choice] = choices
  return {
    text: choice?.message.content ?? '',
    thoughts,
    calls: (choice?.message.tool_calls ?? []).map((call) => ({
      name: call.function.name,
      args: JSON.parse(call.function.arguments) as unknown,
    })),
    stop: choice?.finish_reason,
    input: usage?.prompt_tokens,
    output: usage?.completion_tokens,
    ids,
  }
}

async function askResponses(url: string, model: string): Promise<SdkAnswer> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const numbers: number[] = []
  const stream = client.responses
    .stream({
      model,
      input: 'hi',
      tools: [{ type: 'function', ...TOOL, parameters: schema, strict: false }],
    })
    .on('event', ({ sequence_number }) => void numbers.push(sequence_number))
  const { output, output_text, status, usage, id } = await stream.finalResponse()
  if (numbers.some((number, at) => number <= (numbers[at - 1] ?? -1)))
    throw new Error(`numbers of events do not rise: ${numbers.join(' ')}`)
  const itemIds = output.map((item) => item.id)
  if (new Set(itemIds).size < itemIds.length)
    throw new Error(`two items are called the same: ${itemIds.join()}`)
  return {
    text: output_text,
    thoughts: output
      .flatMap((item) => (item.type === 'reasoning' ? item.summary : []))
      .map(({ text }) => text)
      .join(''),
    calls: output.flatMap((item) =>
      item.type === 'function_call' ? [{ name: item.name, args: JSON.parse(item.arguments) as unknown }] : [],
    ),
    stop: status,
    input: usage?.input_tokens,
    output: usage?.output_tokens,
    ids: new Set([id]),
  }
}

async function askGemini(baseUrl: string, model: string): Promise<SdkAnswer> {
  const client = new GoogleGenAI({ apiKey: OWNER_TOKEN, httpOptions: { baseUrl } })
  const stream = await client.models.generateContentStream({
    model,
    contents: 'hi',
    config: { tools: [{ functionDeclarations: [{ ...TOOL, parametersJsonSchema: schema }] }] },
  })
  const answer = { text: '', thoughts: '', calls: [] as { name: string; args: unknown }[] }
  const ids = new Set<string>()
  let last: { stop: unknown; input?: number | undefined; output?: number | undefined } = { stop: null }
  for await (const piece of stream) {
    if (piece.responseId !== undefined) ids.add(piece.responseId)
    for (const part of piece.candidates?.[0]?.content?.parts ?? []) {
      if (part.functionCall !== undefined)
        answer.calls.push({ name: part.functionCall.name ?? '', args: part.functionCall.args })
      else if (part.thought === true) answer.thoughts += part.text ?? ''
      else answer.text += part.text ?? ''
    }
    const stop = piece.candidates?.[0]?.finishReason
    const { promptTokenCount: input, candidatesTokenCount: output } = piece.usageMetadata ?? {}
    if (stop !== undefined) last = { stop, input, output }
  }
  if (last.stop === null) throw new Error('the stream ended without a finish reason')
  return { ...answer, stop: last.stop, input: last.input, output: last.output, ids }
}
