import { defined } from '../json/defined.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelBlock, ModelDelta } from '../model/event.ts'
import { createFreeformDecoder } from '../model/freeform-input.ts'
import type { FreeformDecoder } from '../model/freeform-input.ts'
import { ownPart, sendEvent } from './item-writer.ts'
import type { ItemContext, ItemWriter } from './item-writer.ts'
import { bareName } from './tool-name.ts'

type CallBlock = Extract<ModelBlock, { type: 'tool_call' }>

/**
 * Writes a call as the client knows the tool: in its namespace, and as plain text where it takes that. An upstream of
 * another format knows neither, so the request's tools tell.
 */
export function createCallWriter(block: CallBlock, to: ItemContext): ItemWriter {
  return new CallWriter(block, to)
}

class CallWriter implements ItemWriter {
  readonly #block: CallBlock
  readonly #to: ItemContext
  readonly #namespace: string | undefined
  readonly #name: string
  /** null for a call whose arguments are JSON. */
  readonly #decoder: FreeformDecoder | null
  readonly #id: string
  readonly #pieces: string[] = []
  #fields: JsonRecord = {}

  constructor(block: CallBlock, to: ItemContext) {
    const tool = to.findTool(block.name)
    const isFreeform = block.freeform === true || tool?.type === 'freeform'
    this.#block = block
    this.#to = to
    this.#namespace = block.namespace ?? tool?.namespace
    this.#name = bareName(this.#namespace, tool?.name ?? block.name)
    this.#decoder = isFreeform ? createFreeformDecoder() : null
    this.#id = block.item?.id ?? to.newId(isFreeform ? 'ctc' : 'fc')
    this.#tellItem('added', this.#item('in_progress'))
  }

  delta(delta: ModelDelta): void {
    if (delta.type === 'arguments') {
      return this.#add(this.#decoder === null ? delta.json : this.#decoder.push(delta.json))
    }
    const part = delta.type === 'opaque' ? ownPart(delta, this.#to.loss) : null
    if (part === null) return
    if ('item' in part) this.#fields = { ...this.#fields, ...part.item }
    if ('event' in part) sendEvent(part.event, this.#to)
  }

  stop(): void {
    if (this.#decoder !== null) {
      this.#add(this.#decoder.end())
      return this.#tell('done', { input: this.#pieces.join('') })
    }
    // Clients parse the arguments; none at all would not be JSON.
    if (this.#pieces.join('').trim() === '') this.#add('{}')
    this.#tell('done', { arguments: this.#pieces.join(''), name: this.#name })
  }

  close(isWhole: boolean): Record<string, unknown> {
    const whole = this.#item(isWhole ? 'completed' : 'incomplete')
    this.#tellItem('done', whole)
    return whole
  }

  #item(status: string): Record<string, unknown> {
    const said = this.#pieces.join('')
    return defined({
      id: this.#id,
      type: this.#decoder === null ? 'function_call' : 'custom_tool_call',
      status,
      call_id: this.#block.id,
      name: this.#name,
      namespace: this.#namespace,
      ...(this.#decoder === null ? { arguments: said } : { input: said }),
      ...this.#fields,
    })
  }

  #add(text: string): void {
    if (text === '') return
    this.#pieces.push(text)
    this.#tell('delta', { delta: text })
  }

  #tell(what: 'delta' | 'done', more: object): void {
    const kind = this.#decoder === null ? 'function_call_arguments' : 'custom_tool_call_input'
    const { outputIndex, send } = this.#to
    send(`response.${kind}.${what}`, { item_id: this.#id, output_index: outputIndex, ...more })
  }

  #tellItem(what: 'added' | 'done', item: JsonRecord): void {
    this.#to.send(`response.output_item.${what}`, { output_index: this.#to.outputIndex, item })
  }
}
