import { randomUUID } from 'node:crypto'
import type { StreamWriter, WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createEventOrder } from '../model/event-order.ts'
import type { ModelBlock, ModelDelta, ModelUsage, StopReason } from '../model/event.ts'
import { mergeUsage } from '../model/usage.ts'
import { createAnswerLoss } from './answer-loss.ts'
import { writeOpenaiChatError } from './error.ts'
import { writeFinishReason } from './stop-reason.ts'
import { writeOpenaiUsage } from './usage.ts'

/** Writes the stream of `POST /v1/chat/completions`: role first, finish reason always, usage chunk, `[DONE]`. */
export function createOpenaiChatStreamWriter(loss: LossReport, options: WriteOptions = {}): StreamWriter {
  const check = createEventOrder()
  const losses = createAnswerLoss(loss)
  const created = options.created ?? Math.floor(Date.now() / 1000)
  let header: Record<string, unknown> = { id: '', object: 'chat.completion.chunk', created, model: '' }
  let usage: ModelUsage | null = null
  let block: ModelBlock | null = null
  let calls = 0
  let hasArguments = false
  let hasRefusal = false
  let isOver = false

  const sse = (fields: object): string => `data: ${JSON.stringify({ ...header, ...fields })}\n\n`
  const chunk = (delta: object, finishReason: string | null = null): string =>
    sse({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] })

  const startBlock = (next: ModelBlock): string => {
    block = next
    hasArguments = false
    hasRefusal ||= next.type === 'refusal'
    losses.block(next)
    if (next.type !== 'tool_call') return ''
    const call = { index: calls++, id: next.id, type: 'function', function: { name: next.name, arguments: '' } }
    return chunk({ tool_calls: [call] })
  }
  const writeArguments = (json: string): string => {
    hasArguments ||= json.trim() !== ''
    return chunk({ tool_calls: [{ index: calls - 1, function: { arguments: json } }] })
  }
  const writeDelta = (delta: ModelDelta): string => {
    // What belongs to a block that is left out is left out with it.
    if (block?.type === 'opaque') return ''
    switch (delta.type) {
      case 'text':
        return chunk({ content: delta.text })
      case 'thinking':
        return chunk({ reasoning_content: delta.text })
      case 'refusal':
        return chunk({ refusal: delta.text })
      case 'arguments':
        return writeArguments(delta.json)
      case 'signature':
      case 'opaque':
        losses.delta(delta)
        return ''
    }
  }
  const stopBlock = (): string => {
    const isBare = block?.type === 'tool_call' && !hasArguments
    block = null
    // Clients parse the arguments; none at all would not be JSON.
    return isBare ? writeArguments('{}') : ''
  }
  const writeOpaque = (value: unknown): string => {
    if (!isRecord(value)) return ''
    if (Array.isArray(value['choices'])) return sse(value)
    header = { ...header, ...value }
    return ''
  }
  const finish = (reason: StopReason, stopSequence: string | null): string => {
    losses.finish(reason, stopSequence)
    return chunk({}, writeFinishReason(reason, hasRefusal))
  }
  const end = (): string => {
    const counts = usage !== null && options.includeUsage !== false ? sse({ choices: [], usage: writeOpenaiUsage(usage) }) : ''
    return `${counts}data: [DONE]\n\n`
  }

  return {
    write(event) {
      check(event)
      switch (event.type) {
        case 'start':
          header = { ...header, id: event.id === '' ? `chatcmpl-${randomUUID()}` : event.id, model: options.model ?? event.model }
          return chunk({ role: 'assistant', content: '' })
        case 'usage':
          usage = mergeUsage(usage, event.usage)
          return ''
        case 'block_start':
          return startBlock(event.block)
        case 'block_delta':
          return writeDelta(event.delta)
        case 'block_stop':
          return stopBlock()
        case 'finish':
          return finish(event.reason, event.stopSequence)
        case 'ping':
          return ': ping\n\n'
        case 'opaque':
          if (event.format === 'openai-chat') return writeOpaque(event.value)
          losses.event(event.format)
          return ''
        case 'end':
          isOver = true
          return end()
        case 'error':
          isOver = true
          return `data: ${JSON.stringify(writeOpenaiChatError(event.error))}\n\n`
      }
    },
    keepAlive: () => (isOver ? '' : ': keep-alive\n\n'),
  }
}
