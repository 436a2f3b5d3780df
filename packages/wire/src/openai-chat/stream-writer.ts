import { randomUUID } from 'node:crypto'
import type { StreamWriter, WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createEventOrder } from '../model/event-order.ts'
import type { ModelBlock, ModelDelta, ModelEvent, ModelUsage } from '../model/event.ts'
import { mergeUsage } from '../model/usage.ts'
import { ChatLoss } from './answer-loss.ts'
import { createCallWriter } from './call-writer.ts'
import type { CallWriter } from './call-writer.ts'
import { writeOpenaiError } from '../openai/error.ts'
import { writeFinishReason } from './stop-reason.ts'
import { writeOpenaiUsage } from './usage.ts'

/** Writes the stream of `POST /v1/chat/completions`: role first, finish reason always, usage chunk, `[DONE]`. */
export function createOpenaiChatStreamWriter(loss: LossReport, options: WriteOptions = {}): StreamWriter {
  return new ChatStreamWriter(loss, options)
}

class ChatStreamWriter implements StreamWriter {
  readonly #check = createEventOrder()
  readonly #losses: ChatLoss
  readonly #options: WriteOptions
  readonly #calls: CallWriter
  #header: Record<string, unknown>
  #usage: ModelUsage | null = null
  #block: ModelBlock | null = null
  #hasRefusal = false
  #isOver = false

  constructor(loss: LossReport, options: WriteOptions) {
    const created = options.created ?? Math.floor(Date.now() / 1000)
    this.#losses = new ChatLoss(loss)
    this.#options = options
    this.#calls = createCallWriter(options, this.#losses)
    this.#header = { id: '', object: 'chat.completion.chunk', created, model: '' }
  }

  write(event: ModelEvent): string {
    this.#check(event)
    switch (event.type) {
      case 'start':
        return this.#start(event.id, event.model)
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        return ''
      case 'block_start':
        return this.#startBlock(event.block)
      case 'block_delta':
        return this.#writeDelta(event.delta)
      case 'block_stop':
        return this.#stopBlock()
      case 'finish':
        this.#losses.finish(event.reason, event.stopSequence, this.#hasRefusal)
        return this.#chunk({}, writeFinishReason(event.reason, this.#hasRefusal, this.#calls.usedLegacy))
      case 'ping':
        return ': ping\n\n'
      case 'opaque':
        return this.#writeOpaque(event)
      case 'end':
        this.#isOver = true
        return this.#end()
      case 'error':
        this.#isOver = true
        return `data: ${JSON.stringify(writeOpenaiError(event.error))}\n\n`
    }
  }

  keepAlive(): string {
    return this.#isOver ? '' : ': keep-alive\n\n'
  }

  #sse(fields: object): string {
    return `data: ${JSON.stringify({ ...this.#header, ...fields })}\n\n`
  }

  #chunk(delta: object, finishReason: string | null = null): string {
    return this.#sse({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] })
  }

  #start(id: string, model: string): string {
    this.#header['id'] = id === '' ? `chatcmpl-${randomUUID()}` : id
    this.#header['model'] = this.#options.model ?? model
    return this.#chunk({ role: 'assistant', content: '' })
  }

  #startBlock(block: ModelBlock): string {
    this.#block = block
    this.#hasRefusal ||= block.type === 'refusal'
    this.#losses.block(block)
    return block.type === 'tool_call' ? this.#delta(this.#calls.start(block)) : ''
  }

  #delta(delta: object | null): string {
    return delta === null ? '' : this.#chunk(delta)
  }

  #writeDelta(delta: ModelDelta): string {
    // What belongs to a block that is left out is left out with it.
    if (this.#block?.type === 'opaque') return ''
    switch (delta.type) {
      case 'text':
        return this.#chunk({ content: delta.text })
      case 'thinking':
        return this.#chunk({ reasoning_content: delta.text })
      case 'refusal':
        return this.#chunk({ refusal: delta.text })
      case 'arguments':
        return this.#delta(this.#calls.arguments(delta.json))
      case 'signature':
      case 'opaque':
        this.#losses.delta(delta.type)
        return ''
    }
  }

  #stopBlock(): string {
    const isCall = this.#block?.type === 'tool_call'
    this.#block = null
    return isCall ? this.#delta(this.#calls.stop()) : ''
  }

  #writeOpaque({ format, value }: Extract<ModelEvent, { type: 'opaque' }>): string {
    if (format !== 'openai-chat' || !isRecord(value)) {
      this.#losses.event(format)
      return ''
    }
    if (Array.isArray(value['choices'])) return this.#sse(value)
    this.#header = { ...this.#header, ...value }
    return ''
  }

  #end(): string {
    const usage = this.#options.includeUsage === false ? null : this.#usage
    const counts = usage === null ? '' : this.#sse({ choices: [], usage: writeOpenaiUsage(usage) })
    return `${counts}data: [DONE]\n\n`
  }
}
