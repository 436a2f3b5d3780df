import type { JsonRecord } from '../json/json-record.ts'
import { ownPart, sendEvent } from './item-writer.ts'
import type { ItemContext, ItemWriter } from './item-writer.ts'

/** Writes an item nobody here understands as it came. */
export function createOpaqueWriter(value: JsonRecord, to: ItemContext): ItemWriter {
  const { outputIndex, send, loss } = to
  let item: JsonRecord = value
  send('response.output_item.added', { output_index: outputIndex, item })
  return {
    delta(delta) {
      if (delta.type !== 'opaque') return
      const part = ownPart(delta, loss)
      if (part !== null && 'item' in part) item = part.item
      if (part !== null && 'event' in part) sendEvent(part.event, to)
    },
    stop() {},
    close() {
      send('response.output_item.done', { output_index: outputIndex, item })
      return { ...item }
    },
  }
}
