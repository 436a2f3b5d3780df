import { randomUUID } from 'node:crypto'
import type { WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import { createEventOrder } from '../model/event-order.ts'
import type { ModelBlock, ModelError, ModelEvent, ModelUsage } from '../model/event.ts'
import { createFindTool } from '../model/tool-names.ts'
import type { FindTool } from '../model/tool-names.ts'
import { mergeUsage } from '../model/usage.ts'
import { ResponseLoss } from './answer-loss.ts'
import { createCallWriter } from './call-writer.ts'
import { ENVELOPE } from './envelope.ts'
import { writeFailure } from './error.ts'
import type { ItemContext, ItemWriter } from './item-writer.ts'
import { createMessageWriter } from './message-writer.ts'
import { createOpaqueWriter } from './opaque-writer.ts'
import { createReasoningWriter } from './reasoning-writer.ts'
import { writeIncompleteReason } from './stop-reason.ts'
import { writeResponsesUsage } from './usage.ts'

type Written = Record<string, unknown>

/**
 * Turns neutral events into those of a Responses stream; the last one holds the whole answer. The first waits for what
 * the upstream says of the answer as a whole. An item is done when the next begins or the answer ends: only then is it
 * known whether it goes on, and whether it was cut off.
 */
export class ResponseWriter {
  readonly #check = createEventOrder()
  readonly #losses: ResponseLoss
  readonly #options: WriteOptions
  readonly #findTool: FindTool
  readonly #created: number
  readonly #sequence: { next: number }
  readonly #output: Written[] = []
  #out: Written[] = []
  #id = ''
  #model = ''
  #envelope: JsonRecord = {}
  #isPending = false
  #isStarted = false
  #usage: ModelUsage | null = null
  #live: ItemWriter | null = null
  /** The open block is of another format and is left out. */
  #isLeftOut = false
  #hasRefusal = false
  #hasThinking = false
  #incomplete: 'max_output_tokens' | 'content_filter' | null = null

  constructor(loss: LossReport, options: WriteOptions) {
    this.#losses = new ResponseLoss(loss)
    this.#options = options
    this.#findTool = createFindTool(options.tools)
    this.#sequence = options.sequence ?? { next: 0 }
    this.#created = options.created ?? Math.floor(Date.now() / 1000)
  }

  /** The events of the stream that this one brings. */
  write(event: ModelEvent): Written[] {
    this.#check(event)
    if (event.type !== 'opaque' && event.type !== 'start' && event.type !== 'usage') this.#flush()
    switch (event.type) {
      case 'start':
        this.#id = event.id === '' ? `resp_${randomUUID().replaceAll('-', '')}` : event.id
        this.#model = this.#options.model ?? event.model
        this.#isPending = true
        break
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        break
      case 'block_start':
        this.#startBlock(event.block)
        break
      case 'block_delta':
        if (!this.#isLeftOut) this.#live?.delta(event.delta)
        break
      case 'block_stop':
        if (!this.#isLeftOut) this.#live?.stop()
        this.#isLeftOut = false
        break
      case 'finish':
        this.#losses.finish(event.reason, event.stopSequence, this.#hasRefusal)
        this.#incomplete = writeIncompleteReason(event.reason, this.#hasRefusal)
        this.#closeItem(this.#incomplete === null)
        break
      case 'opaque':
        this.#writeOpaque(event)
        break
      case 'end': {
        if (this.#hasThinking && this.#usage?.reasoningTokens === null) this.#losses.reasoningTokens()
        const status = this.#incomplete === null ? 'completed' : 'incomplete'
        this.#send(`response.${status}`, { response: this.#response(status, null) })
        break
      }
      case 'error':
        this.#fail(event.error)
        break
      case 'ping':
        break
    }
    return this.#drain()
  }

  /** Writes the beginning if it still waits. */
  #flush(): void {
    if (!this.#isPending) return
    this.#isPending = false
    this.#isStarted = true
    this.#send('response.created', { response: this.#response('in_progress', null) })
    this.#send('response.in_progress', { response: this.#response('in_progress', null) })
  }

  #drain(): Written[] {
    const events = this.#out
    this.#out = []
    return events
  }

  #send(type: string, fields: JsonRecord): void {
    this.#out.push({ type, sequence_number: this.#sequence.next++, ...fields })
  }

  #response(status: string, error: ModelError | null): Written {
    return {
      id: this.#id,
      object: 'response',
      created_at: this.#created,
      status,
      error: error === null ? null : writeFailure(error),
      incomplete_details: this.#incomplete === null ? null : { reason: this.#incomplete },
      model: this.#model,
      output: [...this.#output],
      ...ENVELOPE,
      ...this.#envelope,
      usage: status === 'in_progress' ? null : writeResponsesUsage(this.#usage),
    }
  }

  #startBlock(block: ModelBlock): void {
    this.#hasRefusal ||= block.type === 'refusal'
    this.#hasThinking ||= block.type === 'thinking' || block.type === 'redacted_thinking'
    const isPart = block.type === 'text' || block.type === 'refusal'
    if (isPart && block.item === undefined && this.#live?.addPart !== undefined)
      return this.#live.addPart(block)
    if (block.type === 'opaque' && (block.format !== 'openai-responses' || !isRecord(block.value))) {
      this.#losses.block(block.format)
      this.#isLeftOut = true
      return
    }
    this.#closeItem(true)
    this.#live = this.#openItem(block)
  }

  #openItem(block: ModelBlock): ItemWriter {
    const to = this.#context()
    switch (block.type) {
      case 'text':
      case 'refusal': {
        const writer = createMessageWriter(block.item, to)
        writer.addPart?.(block)
        return writer
      }
      case 'thinking':
      case 'redacted_thinking':
        return createReasoningWriter(block, to)
      case 'tool_call':
        return createCallWriter(block, to)
      case 'opaque':
        return createOpaqueWriter(isRecord(block.value) ? block.value : {}, to)
    }
  }

  /** Ids made here tell answer and place, so that an answer written twice says the same. */
  #context(): ItemContext {
    const outputIndex = this.#output.length
    const scope = this.#id
      .replace(/^resp_/, '')
      .replaceAll(/[^a-zA-Z0-9]/g, '')
      .slice(0, 48)
    return {
      outputIndex,
      newId: (prefix) => `${prefix}_${scope}_${outputIndex}`,
      send: (type, fields) => this.#send(type, fields),
      loss: this.#losses,
      findTool: this.#findTool,
    }
  }

  #closeItem(isWhole: boolean): void {
    if (this.#live === null) return
    this.#output.push(this.#live.close(isWhole))
    this.#live = null
  }

  #writeOpaque({ format, value }: Extract<ModelEvent, { type: 'opaque' }>): void {
    if (format !== 'openai-responses' || !isRecord(value)) return this.#losses.event(format)
    const { response, type, ...fields } = value
    if (type === undefined && isRecord(response)) this.#envelope = { ...this.#envelope, ...response }
    else {
      this.#flush()
      this.#send(typeof type === 'string' ? type : 'unknown', fields)
    }
  }

  /** Codex understands a failed response, and no bare `error` event. */
  #fail(error: ModelError): void {
    if (!this.#isStarted) {
      this.#id = `resp_${randomUUID().replaceAll('-', '')}`
      this.#model = this.#options.model ?? ''
      this.#isPending = true
      this.#flush()
    }
    this.#send('response.failed', { response: this.#response('failed', error) })
  }
}
