import { randomUUID } from 'node:crypto'
import type { WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import type { ModelEvent } from '../model/event.ts'
import { foldEvents } from '../model/fold-events.ts'
import type { FoldedAnswer, FoldedBlock } from '../model/fold-events.ts'
import { createFindTool } from '../model/tool-names.ts'
import type { FindTool } from '../model/tool-names.ts'
import { writeStopReason } from './stop-reason.ts'
import { markSignature } from './thinking-mark.ts'
import { writeAnthropicUsage } from './usage.ts'
import { startBlock } from './write-block.ts'

interface To {
  readonly loss: LossReport
  readonly findTool: FindTool
}

/** Folds events into the JSON answer of `POST /v1/messages`. */
export function writeAnthropicResponse(
  events: readonly ModelEvent[],
  loss: LossReport,
  options: WriteOptions = {},
): Record<string, unknown> {
  const answer = foldEvents(events)
  const unread = unreadFields(answer, loss)
  const findTool = createFindTool(options.tools)
  return {
    id: answer.id === '' ? `msg_${randomUUID()}` : answer.id,
    type: 'message',
    role: 'assistant',
    model: options.model ?? answer.model,
    content: answer.blocks
      .map((block, index) => writeBlock(block, index, { loss, findTool }))
      .filter((block) => block !== null),
    stop_reason: writeStopReason(answer.reason, loss),
    stop_sequence: answer.stopSequence,
    ...unread.delta,
    usage: { ...writeAnthropicUsage(answer.usage), ...unread.usage },
  }
}

function unreadFields({ opaque }: FoldedAnswer, loss: LossReport): { delta: object; usage: object } {
  let unread = { delta: {}, usage: {} }
  for (const { format, value } of opaque) {
    if (format === 'anthropic' && isRecord(value) && value['type'] === 'message_delta') {
      unread = {
        delta: { ...unread.delta, ...Object(value['delta']) },
        usage: { ...unread.usage, ...Object(value['usage']) },
      }
    }
  }
  const foreign = opaque.find(({ format }) => format !== 'anthropic')
  if (foreign !== undefined)
    loss.add('dropped', 'event-unsupported', '', `Events of ${foreign.format} have no counterpart.`)
  return unread
}

function writeBlock(folded: FoldedBlock, index: number, to: To): Record<string, unknown> | null {
  const { block, text, json, signature, opaque } = folded
  const start = startBlock(block, index, to)
  if (start === null) return null
  if (block.type !== 'opaque' && opaque.some((delta) => !isCitation(delta))) {
    const detail = 'A part of the block has no counterpart.'
    to.loss.add('dropped', 'delta-unsupported', `/content/${index}`, detail)
  }
  switch (block.type) {
    case 'text':
    case 'refusal': {
      const citations = opaque.filter(isCitation).map(({ citation }) => citation)
      return { ...start, text, ...(citations.length > 0 ? { citations } : {}) }
    }
    case 'thinking':
      return { ...start, thinking: text, signature: markSignature(block.issuer, signature ?? '') }
    case 'redacted_thinking':
      return start
    case 'tool_call':
      return { ...start, input: toolInput(json, index, to.loss) }
    case 'opaque': {
      const input = opaque.map((delta) => (isRecord(delta) ? partialJson(delta) : '')).join('')
      return input === '' ? start : { ...start, input: toolInput(input, index, to.loss) }
    }
  }
}

function isCitation(delta: unknown): delta is JsonRecord {
  return isRecord(delta) && isRecord(delta['citation'])
}

function partialJson({ partial_json }: JsonRecord): string {
  return typeof partial_json === 'string' ? partial_json : ''
}

/** The arguments as an object. Those cut off by a token limit are no JSON and are kept as text inside one. */
function toolInput(json: string, index: number, loss: LossReport): unknown {
  if (json.trim() === '') return {}
  try {
    const input: unknown = JSON.parse(json)
    if (isRecord(input)) return input
  } catch {
    // Reported below, together with JSON that is no object.
  }
  const detail = 'The arguments were no JSON object and were wrapped as {"raw_arguments": ...}.'
  loss.add('changed', 'tool-arguments-not-an-object', `/content/${index}/input`, detail)
  return { raw_arguments: json }
}
