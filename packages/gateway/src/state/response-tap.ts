import { createSseParser } from '@agentproxy/wire'
import type { SseEvent } from '@agentproxy/wire'
import { readJsonObject } from '../web/read-json-object.ts'
import { isItem } from './input-items.ts'
import type { Item } from './input-items.ts'

/** Ends a response that a conversation can go on from (platform.openai.com, Streaming events). */
const ENDS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete'])
const ITEM_DONE = 'response.output_item.done'

/** Reads the whole answer out of a passing stream. */
export interface ResponseTap {
  /** The answer, once these bytes completed it; null until then. */
  push(chunk: Uint8Array): Item | null
}

/** Only the events that end an item or the answer are read as JSON. Some servers leave `output` empty at the end. */
export function createResponseTap(): ResponseTap {
  const parser = createSseParser()
  const items: Item[] = []
  return {
    push(chunk) {
      for (const event of parser.push(chunk)) {
        const document = mayMatter(event) ? readJsonObject(event.data) : null
        if (document === null) continue
        const { type, item, output_index: index, response } = document
        if (type === ITEM_DONE && isItem(item)) items[typeof index === 'number' ? index : items.length] = item
        if (ENDS.has(type) && isItem(response)) return wholeResponse(response, items)
      }
      return null
    },
  }
}

/** The answer with its output, be it put together from the items that came before. */
function wholeResponse(response: Item, items: readonly Item[]): Item {
  const { output } = response
  const isSaid = Array.isArray(output) && output.length > 0
  return isSaid ? response : { ...response, output: items.filter(isItem) }
}

function mayMatter({ event, data }: SseEvent): boolean {
  if (event !== '') return event === ITEM_DONE || ENDS.has(event)
  return [ITEM_DONE, ...ENDS].some((type) => data.includes(`"${String(type)}"`))
}
