import { defined } from '../json/defined.ts'
import type { ModelBlock } from '../model/event.ts'
import { ownPart, sendEvent } from './item-writer.ts'
import type { ItemContext, ItemWriter } from './item-writer.ts'
import { summaryOf } from './read-reasoning.ts'
import { markReasoning } from './reasoning-mark.ts'

/** Writes thinking as a reasoning item: its text as the summary, its signature as encrypted content under its issuer's mark. */
export function createReasoningWriter(
  block: Extract<ModelBlock, { type: 'thinking' | 'redacted_thinking' }>,
  to: ItemContext,
): ItemWriter {
  const { outputIndex, send, loss } = to
  const { issuer } = block
  const isRedacted = block.type === 'redacted_thinking'
  const id = (isRedacted ? undefined : block.item?.id) ?? to.newId('rs')
  const text: string[] = []
  let signature = isRedacted ? block.data : ''
  let fields: Readonly<Record<string, unknown>> = {}

  const item = (): Record<string, unknown> => {
    const encrypted = markReasoning({ issuer, signature, isRedacted })
    const encrypted_content = encrypted === '' ? undefined : encrypted
    return defined({ id, type: 'reasoning', summary: summaryOf(text.join('')), encrypted_content, ...fields })
  }
  const tell = (type: string, more: object): void => {
    send(type, { item_id: id, output_index: outputIndex, summary_index: 0, ...more })
  }

  send('response.output_item.added', { output_index: outputIndex, item: item() })

  return {
    delta(delta) {
      if (delta.type === 'signature') signature += delta.signature
      if (delta.type === 'thinking' && delta.text !== '') {
        if (text.length === 0) {
          tell('response.reasoning_summary_part.added', { part: { type: 'summary_text', text: '' } })
        }
        text.push(delta.text)
        tell('response.reasoning_summary_text.delta', { delta: delta.text })
      }
      if (delta.type !== 'opaque') return
      const part = ownPart(delta, loss)
      if (part !== null && 'item' in part) fields = { ...fields, ...part.item }
      if (part !== null && 'event' in part) sendEvent(part.event, to)
    },
    stop() {
      if (text.length === 0) return
      const whole = text.join('')
      tell('response.reasoning_summary_text.done', { text: whole })
      tell('response.reasoning_summary_part.done', { part: { type: 'summary_text', text: whole } })
    },
    close() {
      const whole = item()
      send('response.output_item.done', { output_index: outputIndex, item: whole })
      return whole
    },
  }
}
