import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { writeOpaqueResponseFormat } from '../model/opaque.ts'
import { createReporter } from '../model/reporter.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelRequest } from '../model/request.ts'
import { compact, writeBlocks } from './write-content.ts'
import { writeMessages } from './write-messages.ts'
import { writeReasoning } from './write-reasoning.ts'
import { writeSampling } from './write-sampling.ts'
import { writeToolChoice, writeTools } from './write-tools.ts'

type Written = Record<string, unknown>

/** Writes the body of `POST /v1/messages`. */
export function writeAnthropicRequest(request: ModelRequest, loss: LossReport): Written {
  const to = createReporter(request, 'anthropic', loss)
  const riding = to.riding(request.extras, { field: 'extras' }) ?? {}
  const tools = writeTools(to)
  const maxTokens = maxTokensOf(to)
  const { thinking, effort } = writeReasoning(maxTokens ?? 0, to)
  const thinks = thinking !== undefined && thinking['type'] !== 'disabled'
  const config = defined({ ...recordOf(riding['output_config']), effort, format: writeFormat(to) })
  const metadata = defined({ user_id: request.user, ...recordOf(riding['metadata']) })
  return defined({
    model: request.model,
    max_tokens: maxTokens,
    ...writeSampling(thinks, to),
    system: writeSystem(to),
    messages: writeMessages(to),
    tools,
    tool_choice: writeToolChoice(tools !== undefined && tools.length > 0, to),
    thinking,
    stream: request.stream || undefined,
    ...riding,
    output_config: Object.keys(config).length > 0 ? config : undefined,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  })
}

/** Messages requires a limit. Claude before 3.7 writes at most 4096 (or 8192) tokens, all later ones 32,000 or more. */
function maxTokensOf(to: Reporter): number | undefined {
  const { maxTokens, model } = to.request
  if (maxTokens !== undefined || to.isSameFormat) return maxTokens
  const limit = /claude-(?:2|instant|3-(?!7))/.test(model) ? 4096 : 32_000
  to.add(
    'emulated',
    'max-tokens-defaulted',
    { field: 'maxTokens' },
    `Messages requires a limit; ${limit} was used.`,
  )
  return limit
}

function writeSystem(to: Reporter): string | readonly Written[] | undefined {
  const blocks = to.request.system.flatMap((message, system) => {
    to.riding(message.extras, { system })
    return message.content.flatMap((block, index) => {
      const written = writeBlocks([block], () => ({ system, block: index }), to)
      if (to.isSameFormat || written.every(({ type }) => type === 'text')) return written
      const detail = `The system prompt of Messages is text only; its ${block.type} was left out.`
      to.add('dropped', 'system-media-unsupported', { system, block: index }, detail)
      return []
    })
  })
  return blocks.length === 0 ? undefined : compact(blocks)
}

function writeFormat(to: Reporter): unknown {
  const { responseFormat } = to.request
  const place = { field: 'responseFormat' } as const
  if (responseFormat === undefined) return undefined
  switch (responseFormat.type) {
    case 'text':
      return undefined
    case 'json_object':
      to.add(
        'dropped',
        'json-object-unsupported',
        place,
        'Messages takes a JSON schema, not JSON of any shape.',
      )
      return undefined
    case 'json_schema':
      if (responseFormat.description !== undefined) {
        to.add(
          'dropped',
          'schema-description-unsupported',
          place,
          'Messages takes no description of the schema.',
        )
      }
      if (responseFormat.strict === false) {
        to.add('changed', 'schema-always-strict', place, 'Messages always holds the answer to the schema.')
      }
      return { type: 'json_schema', schema: responseFormat.schema }
    case 'opaque':
      return writeOpaqueResponseFormat(responseFormat, to)
  }
}

function recordOf(value: unknown): Written {
  return isRecord(value) ? value : {}
}
