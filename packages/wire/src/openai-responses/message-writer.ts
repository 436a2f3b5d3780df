import type { ModelBlock } from '../model/event.ts'
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
  const { outputIndex, send, loss } = to
  const id = names?.id ?? to.newId('msg')
  const content: Record<string, unknown>[] = []
  let fields: Readonly<Record<string, unknown>> = {}
  let open: OpenPart | null = null

  const item = (status: string): Record<string, unknown> => ({
    id,
    type: 'message',
    status,
    role: 'assistant',
    content,
    ...fields,
  })
  const tell = (type: string, part: OpenPart, more: object): void => {
    send(type, { item_id: id, output_index: outputIndex, content_index: part.index, ...more })
  }
  const written = ({ isRefusal, text, annotations, logprobs }: OpenPart): Record<string, unknown> =>
    isRefusal
      ? { type: 'refusal', refusal: text.join('') }
      : { type: 'output_text', annotations, logprobs, text: text.join('') }

  send('response.output_item.added', { output_index: outputIndex, item: { ...item('in_progress'), content: [] } })

  return {
    addPart(block: ModelBlock) {
      const isRefusal = block.type === 'refusal'
      open = { isRefusal, index: content.length, text: [], annotations: [], logprobs: [] }
      tell('response.content_part.added', open, { part: { ...written(open), annotations: isRefusal ? undefined : [] } })
    },
    delta(delta) {
      if (open === null) return
      if (delta.type === 'text' || delta.type === 'refusal') {
        open.text.push(delta.text)
        if (open.isRefusal) tell('response.refusal.delta', open, { delta: delta.text })
        else tell('response.output_text.delta', open, { delta: delta.text, logprobs: [] })
      }
      if (delta.type !== 'opaque') return
      const part = ownPart(delta, loss)
      if (part === null) return
      if ('item' in part) fields = { ...fields, ...part.item }
      else if ('logprobs' in part) open.logprobs = part.logprobs
      else if ('event' in part) sendEvent(part.event, to)
      else {
        const annotation_index = open.annotations.push(part.annotation) - 1
        tell('response.output_text.annotation.added', open, { annotation_index, annotation: part.annotation })
      }
    },
    stop() {
      if (open === null) return
      const part = written(open)
      const { text, refusal, logprobs } = part
      if (open.isRefusal) tell('response.refusal.done', open, { refusal })
      else tell('response.output_text.done', open, { text, logprobs })
      tell('response.content_part.done', open, { part })
      content.push(part)
      open = null
    },
    close(isWhole) {
      const whole = item(isWhole ? 'completed' : 'incomplete')
      send('response.output_item.done', { output_index: outputIndex, item: whole })
      return whole
    },
  }
}
