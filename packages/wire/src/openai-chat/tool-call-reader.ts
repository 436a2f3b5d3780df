import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelDelta } from '../model/event.ts'
import type { BlockQueue } from './block-queue.ts'

interface Call {
  readonly key: string
  readonly id: string
  readonly name: string
}

/** Reads `tool_calls` of deltas and messages, with the liberties compatible servers take. */
export function createToolCallReader(queue: BlockQueue): {
  /** `answerId` makes an id for a call that came without one. Returns the entries that are no function calls. */
  take(calls: readonly unknown[], answerId: string): unknown[]
  readonly count: number
} {
  const byIndex = new Map<unknown, Call>()
  let count = 0

  const begin = (index: unknown, id: string, name: string, answerId: string): Call => {
    const scope = answerId.replaceAll(/[^a-zA-Z0-9_-]/g, '')
    const call = { key: `call:${count}`, id: id === '' ? `call_${scope}_${count}` : id, name }
    count += 1
    byIndex.set(index, call)
    return call
  }
  const takeOne = (entry: JsonRecord, position: number, answerId: string): void => {
    const fn = isRecord(entry['function']) ? entry['function'] : {}
    const id = typeof entry['id'] === 'string' ? entry['id'] : ''
    const name = typeof fn['name'] === 'string' ? fn['name'] : ''
    const index = entry['index'] ?? position
    const known = byIndex.get(index)
    // Gemini's compatible endpoint gives every parallel call the index 0; a new id with a name is a new call.
    const isNew = known === undefined || (id !== '' && id !== known.id && name !== '')
    const call = isNew ? begin(index, id, name, answerId) : known
    queue.add(call.key, { type: 'tool_call', id: call.id, name: call.name }, argumentsDelta(fn['arguments']))
  }

  return {
    take(calls, answerId) {
      const unread: unknown[] = []
      for (const [position, entry] of calls.entries()) {
        if (isRecord(entry) && entry['custom'] === undefined && entry['type'] !== 'custom')
          takeOne(entry, position, answerId)
        else unread.push(entry)
      }
      return unread
    },
    get count() {
      return count
    },
  }
}

function argumentsDelta(value: unknown): ModelDelta | null {
  if (value === undefined || value === null || value === '') return null
  return { type: 'arguments', json: typeof value === 'string' ? value : JSON.stringify(value) }
}
