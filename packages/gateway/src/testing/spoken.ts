import type { CredentialRule, ModelEvent, ProviderDefinition, WireFormat } from '@agentproxy/plugin'
import { formats, LossReport } from '@agentproxy/wire'
import type { Format } from '@agentproxy/wire'

/** The stream in which a vendor of this format says these events. */
export function spoken(name: WireFormat, events: readonly ModelEvent[]): string {
  const writer = formatNamed(name).createStreamWriter(new LossReport())
  return events.map((event) => writer.write(event)).join('')
}

export function formatNamed(name: WireFormat): Format {
  const format = formats[name]
  if (format === undefined) throw new Error(`no format ${name}`)
  return format
}

export function usage(inputTokens: number | null, outputTokens: number | null): ModelEvent {
  const unsaid = { cacheReadTokens: null, cacheWriteTokens: null, reasoningTokens: null }
  return { type: 'usage', usage: { inputTokens, outputTokens, ...unsaid } }
}

/** One block with one piece of text, arguments or thought. */
export function block(index: number, type: 'text' | 'thinking', text: string): ModelEvent[] {
  const kind = type === 'text' ? ({ type } as const) : ({ type, issuer: 'anthropic' } as const)
  return [
    { type: 'block_start', index, block: kind },
    { type: 'block_delta', index, delta: { type, text } },
    { type: 'block_stop', index },
  ]
}

export function call(
  index: number,
  { id, name, args }: { readonly id: string; readonly name: string; readonly args: unknown },
): ModelEvent[] {
  return [
    { type: 'block_start', index, block: { type: 'tool_call', id, name } },
    { type: 'block_delta', index, delta: { type: 'arguments', json: JSON.stringify(args) } },
    { type: 'block_stop', index },
  ]
}

export function end(reason: 'end_turn' | 'tool_use' | 'max_tokens' = 'end_turn'): ModelEvent[] {
  return [{ type: 'finish', reason, stopSequence: null }, { type: 'end' }]
}

const KEY: CredentialRule = { env: 'ANT_KEY', header: 'x-api-key', prefix: '' }

/** A provider that speaks one format at the vendor's own paths. */
export function speaker(name: string, format: WireFormat, base: string): ProviderDefinition {
  const paths: Readonly<Record<string, string>> = {
    anthropic: '/v1/messages',
    'openai-chat': '/v1/chat/completions',
    'openai-responses': '/v1/responses',
  }
  const endpoint =
    format === 'gemini'
      ? {
          url: `${base}/v1beta/models/{model}:generateContent`,
          streamUrl: `${base}/v1beta/models/{model}:streamGenerateContent?alt=sse`,
        }
      : { url: `${base}${paths[format]}` }
  return {
    name,
    displayName: name,
    endpoints: { [format]: endpoint },
    credential: KEY,
    headers: {},
    models: () => [],
    passesUnknownModels: true,
    simulated: false,
  }
}
