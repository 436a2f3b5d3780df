import type { JsonRecord } from '../json/json-record.ts'
import type { ModelBlock, ModelDelta } from '../model/event.ts'
import type { ItemNames } from '../model/request.ts'
import { ownPart, sendEvent } from './item-writer.ts'
import type { ItemContext, ItemWriter } from './item-writer.ts'

interface OpenPart {
  readonly isRefusal: boolean
  readonly index: number
  readonly text: string[]
  readonly annotations: unknown[]
  logprobs: readonly unknown[]
}

/** Writes a message item, part by part. */
export function createMessageWriter(names: ItemNames | undefined, to: ItemContext): ItemWriter {
  return new MessageWriter(names?.id ?? to.newId('msg'), to)
}

class MessageWriter implements ItemWriter {
  readonly #id: string
  readonly #to: ItemContext
  readonly #content: JsonRecord[] = []
  #fields: JsonRecord = {}
  #open: OpenPart | null = null

  constructor(id: string, to: ItemContext) {
    this.#id = id
    this.#to = to
    this.#tellItem('added', { ...this.#item('in_progress'), content: [] })
  }

  addPart(block: ModelBlock): void {
    const isRefusal = block.type === 'refusal'
    const part = { isRefusal, index: this.#content.length, text: [], annotations: [], logprobs: [] }
    this.#open = part
    this.#tell('response.content_part.added', part, { part: writePart(part) })
  }

  delta(delta: ModelDelta): void {
    const part = this.#open
    if (part === null) return
    if (delta.type === 'text' || delta.type === 'refusal') {
      part.text.push(delta.text)
      if (part.isRefusal) this.#tell('response.refusal.delta', part, { delta: delta.text })
      else this.#tell('response.output_text.delta', part, { delta: delta.text, logprobs: [] })
    } else if (delta.type === 'opaque') this.#takeOpaque(part, delta)
  }

  stop(): void {
    if (this.#open === null) return
    const part = writePart(this.#open)
    const { text, refusal, logprobs } = part
    if (this.#open.isRefusal) this.#tell('response.refusal.done', this.#open, { refusal })
    else this.#tell('response.output_text.done', this.#open, { text, logprobs })
    this.#tell('response.content_part.done', this.#open, { part })
    this.#content.push(part)
    this.#open = null
  }

  close(isWhole: boolean): Record<string, unknown> {
    const whole = this.#item(isWhole ? 'completed' : 'incomplete')
    this.#tellItem('done', whole)
    return whole
  }

  #takeOpaque(open: OpenPart, delta: Extract<ModelDelta, { type: 'opaque' }>): void {
    const part = ownPart(delta, this.#to.loss)
    if (part === null) return
    if ('item' in part) this.#fields = { ...this.#fields, ...part.item }
    else if ('logprobs' in part) open.logprobs = part.logprobs
    else if ('event' in part) sendEvent(part.event, this.#to)
    else {
      const { annotation } = part
      const annotation_index = open.annotations.push(annotation) - 1
      this.#tell('response.output_text.annotation.added', open, { annotation_index, annotation })
    }
  }

  #item(status: string): Record<string, unknown> {
    return {
      id: this.#id,
      type: 'message',
      status,
      role: 'assistant',
      content: this.#content,
      ...this.#fields,
    }
  }

  #tellItem(what: 'added' | 'done', item: JsonRecord): void {
    this.#to.send(`response.output_item.${what}`, { output_index: this.#to.outputIndex, item })
  }

  #tell(type: string, { index }: OpenPart, more: object): void {
    const { outputIndex, send } = this.#to
    send(type, { item_id: this.#id, output_index: outputIndex, content_index: index, ...more })
  }
}

function writePart({ isRefusal, text, annotations, logprobs }: OpenPart): JsonRecord {
  return isRefusal
    ? { type: 'refusal', refusal: text.join('') }
    : { type: 'output_text', annotations: [...annotations], logprobs, text: text.join('') }
}
