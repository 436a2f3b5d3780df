import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelBlock, ModelDelta } from '../model/event.ts'
import { freeformJson } from '../model/freeform-input.ts'
import type { BlockQueue } from './block-queue.ts'

const LEGACY = Symbol('function_call')

interface Call {
  readonly key: string
  readonly id: string
  readonly name: string
}

/** Reads `tool_calls` of deltas and messages, with the liberties compatible servers take. */
export function createToolCallReader(queue: BlockQueue): {
  /** `answerId` makes an id for a call that came without one. */
  take(calls: readonly unknown[], answerId: string): void
  /** The `function_call` of before there were several calls. */
  takeLegacy(fn: JsonRecord, answerId: string): void
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
    const isFreeform = entry['type'] === 'custom' || isRecord(entry['custom'])
    const body = entry[isFreeform ? 'custom' : 'function']
    const fn = isRecord(body) ? body : {}
    const id = typeof entry['id'] === 'string' ? entry['id'] : ''
    const name = typeof fn['name'] === 'string' ? fn['name'] : ''
    const index = entry['index'] ?? position
    const known = byIndex.get(index)
    // Gemini's compatible endpoint gives every parallel call the index 0; a new id with a name is a new call.
    const isNew = known === undefined || (id !== '' && id !== known.id && name !== '')
    const call = isNew ? begin(index, id, name, answerId) : known
    const block: ModelBlock = { type: 'tool_call', id: call.id, name: call.name }
    if (!isFreeform) return queue.add(call.key, block, argumentsDelta(fn['arguments']))
    const freeform: ModelBlock = { ...block, freeform: true }
    if (isNew) queue.add(call.key, freeform, { type: 'arguments', json: freeformJson.head })
    const { input } = fn
    if (typeof input === 'string' && input !== '')
      queue.add(call.key, freeform, { type: 'arguments', json: freeformJson.piece(input) })
  }

  return {
    take(calls, answerId) {
      for (const [position, entry] of calls.entries()) if (isRecord(entry)) takeOne(entry, position, answerId)
    },
    takeLegacy(fn, answerId) {
      const name = typeof fn['name'] === 'string' ? fn['name'] : ''
      const call = byIndex.get(LEGACY) ?? begin(LEGACY, '', name, answerId)
      const block: ModelBlock = { type: 'tool_call', id: call.id, name: call.name, legacy: true }
      queue.add(call.key, block, argumentsDelta(fn['arguments']))
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
