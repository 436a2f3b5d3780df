import { createEventOrder } from './event-order.ts'
import type { ModelBlock, ModelDelta, ModelEvent, ModelUsage, StopReason } from './event.ts'
import { mergeUsage } from './usage.ts'

/** One block of an answer with everything its deltas brought. */
export interface FoldedBlock {
  readonly block: ModelBlock
  readonly text: string
  readonly signature: string | null
  readonly json: string
  /** Values of opaque deltas, in order. */
  readonly opaque: readonly unknown[]
}

export interface FoldedAnswer {
  readonly id: string
  readonly model: string
  readonly blocks: readonly FoldedBlock[]
  readonly usage: ModelUsage | null
  readonly reason: StopReason
  readonly stopSequence: string | null
  readonly opaque: readonly Extract<ModelEvent, { type: 'opaque' }>[]
}

/** Folds the events of a whole answer. Throws TypeError when they end in an `error` or are not whole. */
export function foldEvents(events: readonly ModelEvent[]): FoldedAnswer {
  const check = createEventOrder()
  const blocks: FoldedBlock[] = []
  const opaque: Extract<ModelEvent, { type: 'opaque' }>[] = []
  let start: Extract<ModelEvent, { type: 'start' }> | null = null
  let finish: Extract<ModelEvent, { type: 'finish' }> | null = null
  let usage: ModelUsage | null = null
  let current: { block: ModelBlock; deltas: ModelDelta[] } | null = null

  for (const event of events) {
    check(event)
    if (event.type === 'start') start = event
    else if (event.type === 'block_start') current = { block: event.block, deltas: [] }
    else if (event.type === 'block_delta') current?.deltas.push(event.delta)
    else if (event.type === 'block_stop' && current !== null)
      blocks.push(foldBlock(current.block, current.deltas))
    else if (event.type === 'usage') usage = mergeUsage(usage, event.usage)
    else if (event.type === 'finish') finish = event
    else if (event.type === 'opaque') opaque.push(event)
    else if (event.type === 'error')
      throw new TypeError('an answer that ends in an error is written with writeError')
  }
  if (start === null || finish === null || events.at(-1)?.type !== 'end')
    throw new TypeError('the answer is not whole')
  const { id, model } = start
  return { id, model, blocks, usage, reason: finish.reason, stopSequence: finish.stopSequence, opaque }
}

function foldBlock(block: ModelBlock, deltas: readonly ModelDelta[]): FoldedBlock {
  const text: string[] = []
  const json: string[] = []
  const opaque: unknown[] = []
  let signature: string | null = null
  for (const delta of deltas) {
    if (delta.type === 'arguments') json.push(delta.json)
    else if (delta.type === 'signature') signature = (signature ?? '') + delta.signature
    else if (delta.type === 'opaque') opaque.push(delta.value)
    else text.push(delta.text)
  }
  return { block, text: text.join(''), signature, json: json.join(''), opaque }
}
